import type { Duplex } from 'node:stream'
import { startPiped } from '../system/piped-program.ts'
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
  const place = `${host}:${port}`
  return startPiped(program, ['nc', host, String(port)], env, {
    first: (piece) => stateFaultIn(piece.toString('latin1'), place),
    silent: (code, said) => (code === 0 ? null : noConnection(said, place)),
  })
}
