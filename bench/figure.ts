import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type Program, type Running } from './servers.ts'
import { renderTable, type Row } from './table.ts'

/** What a measurement works with. */
export interface Bench {
  /** A folder of its own, gone at the end. */
  readonly folder: string
  /** Starts a server that is stopped at the end at the latest. */
  start(program: Program): Promise<Running>
  /** A line under the table. */
  note(text: string): void
  /** Says what could not be measured; the exit code becomes 1. */
  missing(text: string): void
}

/** Measures, prints the table, and cleans up. A missed goal is a result; the exit code is 1 only where something did not run. */
export async function figure(title: string, measure: (bench: Bench) => Promise<Row[]>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'xopc-bench-'))
  const running: Running[] = []
  const notes: string[] = []
  endCleanlyOn('SIGINT', 'SIGTERM')
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  try {
    const rows = await measure({
      folder,
      async start(program) {
        const server = await startServer(program, folder)
        running.push(server)
        return server
      },
      note: (text) => void notes.push(text),
      missing(text) {
        notes.push(`Not measured: ${text}`)
        process.exitCode = 1
      },
    })
    console.log([`\n${title}`, renderTable(rows), ...notes].join('\n'))
  } catch (error) {
    console.error(`\n${title}\nNot measured: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  } finally {
    await Promise.all(running.map((server) => server.stop()))
  }
}

function endCleanlyOn(...signals: NodeJS.Signals[]): void {
  for (const signal of signals) process.once(signal, () => process.exit(130))
}
