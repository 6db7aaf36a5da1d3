import type { Config } from '../../config/schema.ts'
import type { DeviceRecord } from '../../identity/devices.ts'
import type { Session } from '../../identity/sessions.ts'
import type { TicketUse } from '../../identity/tickets.ts'
import type { Scope } from '../../protocol/http-api.ts'
import type { Principal } from './exchange.ts'
import { ssoId } from './proxy-identity.ts'

/** What the app and the overview ask for. */
export const READ_RUN: ReadonlySet<Scope> = new Set<Scope>(['read', 'run'])
const ALL: ReadonlySet<Scope> = new Set<Scope>(['read', 'run', 'pair', 'admin'])
const NONE: ReadonlySet<Scope> = new Set<Scope>()
/** The owner, by a credential or by the control socket. */
export const OWNER: Principal = { kind: 'owner', id: 'owner', scopes: ALL }
const LOCAL: Principal = { kind: 'local', id: 'local', scopes: READ_RUN }
/** Nothing was proven. */
export const ANONYMOUS: Principal = { kind: 'anonymous', id: 'anonymous', scopes: NONE }
/** A proxy proved itself and named nobody. */
export const UNNAMED: Principal = { ...ANONYMOUS, unnamed: true }

/** What one presented value turned out to be. `stranger`: not ours as far as generated credentials go. */
export type Weighed = 'absent' | 'owner' | 'key' | 'device' | 'probe' | 'dead' | 'wrong' | 'stranger'

/** What of a request's credentials turned out to be somebody's. */
export interface Found {
  weighed: Weighed[]
  session: Session | null
  holder: Principal | null
  /** The device of a token in a header. */
  app: DeviceRecord | null
  /** The device of a cookie. */
  browser: DeviceRecord | null
}

/** Who a request acts for, by the best of what was found. Pure. */
export function principalOf(
  { weighed, session, holder, app, browser }: Found,
  visit: { control: boolean; local: boolean; ticketUse: TicketUse },
  mode: Config['gateway']['auth']['mode'],
): Principal {
  // File rights of the control socket (0600 in a 0700 folder) are its credential.
  if (visit.control || weighed.includes('owner')) return OWNER
  if (session?.user === null && weighed.includes('key')) return sessionPrincipal(session, ALL)
  if (app) return devicePrincipal(app, new Set(app.scopes))
  if (session) return sessionPrincipal(session, READ_RUN)
  if (browser) return devicePrincipal(browser, withinReadRun(browser.scopes))
  if (holder) return ticketPrincipal(holder, visit.ticketUse)
  if (weighed.includes('probe')) return { kind: 'ticket', id: 'probe', scopes: NONE, ticket: 'probe' }
  return mode === 'none' && visit.local ? LOCAL : ANONYMOUS
}

function sessionPrincipal({ id, user }: Session, scopes: ReadonlySet<Scope>): Principal {
  return { kind: 'session', id: user === null ? `session:${id}` : ssoId(user), scopes, session: id }
}

/** What a device may do stands in its record, and nowhere else. */
function devicePrincipal({ id }: DeviceRecord, scopes: ReadonlySet<Scope>): Principal {
  return { kind: 'device', id: `device:${id}`, scopes, device: id }
}

function ticketPrincipal({ id, scopes, device }: Principal, ticket: TicketUse): Principal {
  return { kind: 'ticket', id, scopes: withinReadRun(scopes), ticket, ...(device === undefined ? {} : { device }) }
}

/** What a cookie or a URL can carry at most. */
function withinReadRun(scopes: Iterable<Scope>): ReadonlySet<Scope> {
  return new Set([...scopes].filter((scope) => READ_RUN.has(scope)))
}

/** For `X-Xopc-User`: `owner`, `device:<id>`, `sso:<user>`, or `local` where nobody is asked. */
export function userOf({ kind, id }: Principal): string {
  if (kind === 'local') return 'local'
  return id.startsWith('device:') || id.startsWith('sso:') ? id : 'owner'
}
