import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/build.ts'
import { run, type Ran } from '../../support/run.ts'
import type { Row } from './rows.ts'

/** The words of a command as a shell would take them, without `xopc`; what stands behind a `<` is left out. */
export async function wordsOf(command: string): Promise<string[]> {
  const { stdout } = await run(['sh', '-c', `printf '%s\\n' ${command.replace(/ < \S+$/, '')}`])
  return stdout.trimEnd().split('\n').slice(1)
}

/** The commands of xopc that a row says to type, in order. */
export function commandsOf({ pieces }: Row): string[] {
  return pieces.filter((piece) => piece.startsWith('xopc '))
}

/** Every code that a command printed with --json, also those of single problems. */
export function codesIn({ stdout }: Ran): string[] {
  return [...stdout.matchAll(/"code": ?"(\w+)"/g)].map((match) => match[1] ?? '')
}

/** Commands that exist, with their flags: `tunnel start` → `--json`, `--for` … */
export function knownCommands(): Map<string, Set<string>> {
  // `as`: written by scripts/manifest.ts.
  const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, { aliases: string[]; flags: Record<string, { char?: string; allowNo?: boolean }> }>
  }
  return new Map(
    Object.entries(commands).flatMap(([id, { aliases, flags }]) => {
      const words = Object.entries(flags).flatMap(([name, { char, allowNo }]) => [
        `--${name}`,
        ...(allowNo === true ? [`--no-${name}`] : []),
        ...(char === undefined ? [] : [`-${char}`]),
      ])
      return [id, ...aliases].map((name) => [name.replaceAll(':', ' '), new Set(words)] as const)
    }),
  )
}
