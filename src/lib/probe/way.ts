import type { Duplex } from 'node:stream'
import type { Fix } from '../protocol/http-api.ts'

/** A way to an address that goes through a program, where neither its name nor its addresses need to lead anywhere on this computer. */
export interface Way {
  /** The program that makes the connection: `Tailscale`. */
  readonly program: string
  /** What it says the name's addresses are; may be empty. */
  readonly addresses: readonly string[]
  /**
   * A connection to the port; resolves as soon as bytes can be written. Rejects with an error, or the signal's reason. The signal is for the
   * opening alone: it ends soon after, and the connection is kept; whoever has it destroys it. For an http address it must have what node's http
   * asks of a socket.
   */
  open(signal: AbortSignal): Promise<Duplex>
  /** What to do where the connection or TLS does not come about. */
  readonly fix: Fix
}

/** The way to an origin (`https://home.tail1234.ts.net`); null where it is reached by DNS and TCP. */
export type Ways = (url: string) => Way | null
