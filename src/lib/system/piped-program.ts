import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { systemErrors } from './errors.ts'
import { reasonOf } from './file-errors.ts'

/** The two ends of a program as one connection: what is written goes to its stdin, what it says on stdout is read. */
export interface PipedProgram {
  connection: Duplex
  /** The lines of stderr so far; its last ones where there were many. */
  said(): string
  /** The exit code, once everything that it said was read; null where a signal ended it, or where it never started. Never rejects. */
  ended: Promise<number | null>
}

/** Bytes of stderr that are kept. */
const KEPT = 16_384

/** Starts a program that carries a connection; it ends with the connection, and the connection with it. Errors of starting destroy the connection: `PROGRAM_NOT_STARTED`. */
export function startPiped(program: string, args: readonly string[], env: NodeJS.ProcessEnv): PipedProgram {
  const child = spawn(program, args, { stdio: 'pipe', env, windowsHide: true })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-KEPT)))
  const connection = asConnection(Duplex.from({ readable: child.stdout, writable: child.stdin }))
  child.once('error', (error) =>
    connection.destroy(systemErrors.PROGRAM_NOT_STARTED({ program, reason: reasonOf(error) }, { cause: error })),
  )
  connection.once('close', () => void child.kill())
  const { promise: ended, resolve } = Promise.withResolvers<number | null>()
  child.once('close', (code, signal) => resolve(signal === null && child.pid !== undefined ? code : null))
  return { connection, said: () => said, ended }
}

/** Node's http asks a connection for these; a pipe needs none of them. */
export function asConnection(pipe: Duplex): Duplex {
  const same = (): Duplex => pipe
  return Object.assign(pipe, { setKeepAlive: same, setNoDelay: same, setTimeout: same, ref: same, unref: same })
}
