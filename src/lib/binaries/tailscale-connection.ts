import { Duplex } from 'node:stream'
import { XopcError } from '../errors/error.ts'
import { asConnection, type PipedProgram, startPiped } from '../system/piped-program.ts'
import { noConnection, stateFaultIn } from './tailscale-faults.ts'

/** Where a connection goes: a name of the tailnet or an address in it, and a TCP port. */
export interface TailnetPlace {
  host: string
  port: number
}

/**
 * A connection that `tailscale nc` makes. Where that ends without having heard anything, the connection is destroyed with what it said
 * (`TAILSCALE_NO_CONNECTION` and the faults of tailscale-faults.ts) or with why it did not start. Destroying the connection ends the program.
 */
export function connectByTailscale(program: string, { host, port }: TailnetPlace, env: NodeJS.ProcessEnv): Duplex {
  const nc = startPiped(program, ['nc', host, String(port)], env)
  const pipe = nc.connection
  const place = `${host}:${port}`
  const connection = asConnection(
    new Duplex({
      allowHalfOpen: false,
      read: () => void pipe.resume(),
      // A write that fails says only that nc has ended; why it did comes with its end.
      write: (piece, _, done) => settled(pipe, (then) => void pipe.write(piece, then), done),
      final: (done) => settled(pipe, (then) => void pipe.end(then), done),
      destroy(error, done) {
        pipe.destroy()
        done(error)
      },
    }),
  )
  let heard = false
  pipe.on('data', (piece: Buffer) => {
    const fault = heard ? null : stateFaultIn(piece.toString('latin1'), place)
    heard = true
    if (fault !== null) connection.destroy(fault)
    else if (!connection.push(piece)) pipe.pause()
  })
  let broken: unknown = null
  pipe.on('error', (error) => (broken = error))
  pipe.once('close', () => void endOf(nc, place, { heard, broken }).then((reason) => finish(connection, reason)))
  return connection
}

/** A pipe forgets who waits for a write when its program ends in the middle of it. */
function settled(pipe: Duplex, begin: (then: () => void) => void, done: () => void): void {
  let open = true
  const settle = (): void => {
    if (open) done()
    open = false
    pipe.off('close', settle)
  }
  if (pipe.closed) return settle()
  pipe.once('close', settle)
  begin(settle)
}

function finish(connection: Duplex, reason: XopcError | null): void {
  if (reason !== null) connection.destroy(reason)
  else if (!connection.destroyed && !connection.readableEnded) connection.push(null)
}

/** Why there was no connection; null where there was one. */
async function endOf({ ended, said }: PipedProgram, place: string, seen: { heard: boolean; broken: unknown }): Promise<XopcError | null> {
  if (seen.broken instanceof XopcError) return seen.broken
  const code = await ended
  if (seen.heard || code === 0) return null
  return noConnection(said(), place)
}
