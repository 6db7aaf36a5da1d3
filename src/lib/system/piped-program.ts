import { spawn } from 'node:child_process'
import { Duplex, type Writable } from 'node:stream'
import { systemErrors } from './errors.ts'
import { reasonOf } from './file-errors.ts'

/** The two ends of a program as one connection: what is written goes to its stdin, what it says on stdout is read. */
export interface PipedProgram {
  connection: Duplex
  /** The lines of stderr so far; its last ones where there were many. */
  said(): string
  /** The exit code, once everything that it said on stderr was read; null where a signal ended it, or where it never started. Never rejects. */
  ended: Promise<number | null>
}

/** Bytes of stderr that are kept. */
const KEPT = 16_384

/**
 * Starts a program that carries a connection; it ends with the connection, and the connection with it, once everything that it said was read. Errors
 * of starting destroy the connection: `PROGRAM_NOT_STARTED`.
 */
export function startPiped(program: string, args: readonly string[], env: NodeJS.ProcessEnv): PipedProgram {
  const child = spawn(program, args, { stdio: 'pipe', env, windowsHide: true })
  const { stdin, stdout } = child
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-KEPT)))
  // Not `Duplex.from`: that throws away what was not read yet when the program ends.
  const connection = asConnection(
    new Duplex({
      allowHalfOpen: false,
      read: () => void stdout.resume(),
      write: (piece, _, done) => settled(stdin, (then) => void stdin.write(piece, then), done),
      final: (done) => settled(stdin, (then) => void stdin.end(then), done),
      destroy(error, done) {
        child.kill()
        // Not stderr: why a program ended is often read after that.
        for (const end of [stdin, stdout]) end.destroy()
        done(error)
      },
    }),
  )
  stdout.on('data', (piece: Buffer) => void (connection.push(piece) || stdout.pause()))
  stdout.once('end', () => void connection.push(null))
  // Who writes to a program that has ended learns it by the end of what it said.
  for (const end of [stdin, stdout, child.stderr]) end.on('error', () => {})
  child.once('error', (error) =>
    connection.destroy(systemErrors.PROGRAM_NOT_STARTED({ program, reason: reasonOf(error) }, { cause: error })),
  )
  const { promise: ended, resolve } = Promise.withResolvers<number | null>()
  child.once('close', (code, signal) => resolve(signal === null && child.pid !== undefined ? code : null))
  return { connection, said: () => said, ended }
}

/** Done also where the program ends in the middle of it. */
function settled(stdin: Writable, begin: (then: () => void) => void, done: () => void): void {
  let open = true
  const settle = (): void => {
    if (open) done()
    open = false
    stdin.off('close', settle)
  }
  if (stdin.closed) return settle()
  stdin.once('close', settle)
  begin(settle)
}

/** Node's http asks a connection for these; a pipe needs none of them. */
export function asConnection(pipe: Duplex): Duplex {
  const same = (): Duplex => pipe
  return Object.assign(pipe, { setKeepAlive: same, setNoDelay: same, setTimeout: same, ref: same, unref: same })
}
