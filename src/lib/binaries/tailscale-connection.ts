import { Duplex } from 'node:stream'
import type { XopcError } from '../errors/error.ts'
import { asConnection, type PipedProgram, startPiped } from '../system/piped-program.ts'
import { noConnection, stateFaultIn } from './tailscale-faults.ts'

/** Where a connection goes: a name of the tailnet or an address in it, and a TCP port. */
interface TailnetPlace {
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
      write: (piece, _, done) => void pipe.write(piece, () => done()),
      final: (done) => void pipe.end(() => done()),
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
  pipe.on('error', (error) => connection.destroy(error))
  pipe.once('close', () => void endOf(nc, place, heard).then((reason) => finish(connection, reason)))
  return connection
}

/** Why there was no connection; null where there was one. */
async function endOf({ ended, said }: PipedProgram, place: string, heard: boolean): Promise<XopcError | null> {
  return (await ended) === 0 || heard ? null : noConnection(said(), place)
}

function finish(connection: Duplex, reason: XopcError | null): void {
  if (reason !== null) connection.destroy(reason)
  else if (!connection.destroyed) connection.push(null)
}
