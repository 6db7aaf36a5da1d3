import type { XopcError } from '../../errors/error.ts'
import { edgeErrors } from '../edge/errors.ts'
import type { Exchange } from '../edge/exchange.ts'
import { unprovenError } from '../edge/unproven.ts'
import { coreErrors } from '../../core/errors.ts'
import type { Access, ControlRoute } from './route.ts'

/** Why this request may not use the route, or null. Pure; asked before the body is read. */
export function refusalAt(row: Pick<ControlRoute, 'scope' | 'anyHost'>, exchange: Exchange): XopcError | null {
  if (row.anyHost !== true && !exchange.knownHost && !broughtByHand(exchange)) return edgeErrors.UNKNOWN_HOST({ host: exchange.host })
  if (mayUse(row.scope, exchange)) return null
  if (row.scope === 'session' || exchange.principal.kind === 'anonymous') return unprovenError(exchange)
  const has = [...exchange.principal.scopes].join(', ') || 'none'
  return coreErrors.SCOPE_MISSING({ scope: row.scope === 'probe' ? 'admin' : row.scope, has })
}

/** A page that rebinds a name to this computer has neither token nor ticket; a cookie does not count at another host. */
function broughtByHand({ principal }: Exchange): boolean {
  return principal.kind === 'owner' || principal.kind === 'ticket' || principal.kind === 'device'
}

function mayUse(access: Access, { principal }: Exchange): boolean {
  switch (access) {
    case 'none':
      return true
    case 'session':
      return principal.kind === 'session'
    case 'probe':
      return principal.ticket === 'probe' || principal.scopes.has('admin')
    default:
      return principal.scopes.has(access)
  }
}
