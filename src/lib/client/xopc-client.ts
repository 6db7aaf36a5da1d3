import type { Xopc } from '../core/xopc.ts'
import type { Transport } from './transport.ts'

/** Xopc of a gateway elsewhere. Throws what the gateway answered, `NOT_XOPC_GATEWAY` and `GATEWAY_VERSION_SKEW`, and what the transport throws. */
export function createClient(transport: Transport): Xopc {
  throw new Error(String(transport))
}
