import { spawn } from 'node:child_process'
import { Duplex, type Writable } from 'node:stream'
import { systemErrors } from './errors.ts'
import { reasonOf } from './file-errors.ts'

/** What is made of what a program says of itself. */
export interface PipeEars {
  /** Looks at the first bytes on stdout: an error destroys the connection, null lets them through. */
  first?(piece: Buffer): Error | null
  /** Why a program that said nothing on stdout ended: its exit code (null where a signal ended it, or it never started) and its last lines of stderr. Null is no fault. */
  silent?(code: number | null, said: string): Error | null
}

/** Bytes of stderr that are kept. */
const KEPT = 16_384

/**
 * Starts a program that carries a connection: what is written goes to its stdin, what it says on stdout is read. It ends with the connection, and
 * the connection with it, once everything that it said was read. Errors of starting destroy the connection: `PROGRAM_NOT_STARTED`.
 */
export function startPiped(program: string, args: readonly string[], env: NodeJS.ProcessEnv, ears: PipeEars = {}): Duplex {
  const child = spawn(program, args, { stdio: 'pipe', env, windowsHide: true })
  const { stdin, stdout, stderr } = child
  let said = ''
  let heard = false
  stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-KEPT)))
  // Not `Duplex.from`: that throws away what was not read yet when the program ends.
  const connection = asConnection(
    new Duplex({
      allowHalfOpen: false,
      read: () => void stdout.resume(),
      write: (piece, _, done) => settled(stdin, (then) => void stdin.write(piece, then), done),
      final: (done) => settled(stdin, (then) => void stdin.end(then), done),
      destroy(error, done) {
        child.kill()
        for (const end of [stdin, stdout, stderr]) end.destroy()
        done(error)
      },
    }),
  )
  stdout.on('data', (piece: Buffer) => {
    const fault = heard ? null : (ears.first?.(piece) ?? null)
    heard = true
    if (fault !== null) connection.destroy(fault)
    else if (!connection.push(piece)) stdout.pause()
  })
  // Who writes to a program that has ended learns it by the end of what it said.
  for (const end of [stdin, stdout, stderr]) end.on('error', () => {})
  child.once('error', (error) =>
    connection.destroy(systemErrors.PROGRAM_NOT_STARTED({ program, reason: reasonOf(error) }, { cause: error })),
  )
  // By now everything that it said on stderr was read, too.
  child.once('close', (code) => {
    const fault = heard ? null : (ears.silent?.(code, said) ?? null)
    if (fault !== null) connection.destroy(fault)
    else if (!connection.destroyed) connection.push(null)
  })
  return connection
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
function asConnection(pipe: Duplex): Duplex {
  const same = (): Duplex => pipe
  return Object.assign(pipe, { setKeepAlive: same, setNoDelay: same, setTimeout: same, ref: same, unref: same })
}
