import { isSafeFrp } from '../binaries/frp-version.ts'
import { leaseGrammar } from '../protocol/broker-api.ts'
import { fieldsOf } from '../protocol/fields.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import { sourceOf } from './client-address.ts'
import type { Lease, LeaseBook } from './leases.ts'
import type { Counter } from './limits.ts'
import { proxyNameOf } from './registrations.ts'
import { hashOf } from './secrets.ts'
import type { Sessions } from './sessions.ts'
import { isOver } from './tunnels.ts'

/** What frps is answered: it goes on with what the gateway asked for, or tells the gateway the reason. */
export type Verdict = { reject: false; unchange: true } | { reject: true; reject_reason: string }

/** What a decision about a gateway's wish needs. */
export interface PluginParts {
  book: LeaseBook
  sessions: Sessions
  /** Wrong tokens by address. */
  failures: Counter
  clock: Pick<Clock, 'now'>
  audit: Audit
}

type Content = Readonly<Record<string, unknown>>

/** Nearly every answer is this one; it is the same object every time. */
export const accepted: Verdict = { reject: false, unchange: true }
const AUTH = 'xopc:auth this tunnel was revoked, replaced or given back, or its token is wrong'
/** Its next heartbeat is told the same, and then it registers again: nothing to give up for. */
const OVER = 'xopc:busy the lease is over, register again'
/** What frpc says of itself when it comes; everything else in it is a wish that nobody has here. */
const loginFields = 'version hostname os arch privilege_key timestamp run_id client_id metas pool_count client_address'.split(' ')
const proxyFields = ['user', 'proxy_name', 'proxy_type', 'subdomain']

/** Decides about one thing that a gateway's frpc asks frps for. What is not known is refused. */
export async function judgeOperation(op: string, content: Content, parts: PluginParts): Promise<Verdict> {
  if (op === 'Ping') return ping(content, parts)
  if (op === 'Login') return login(content, parts)
  if (op === 'NewProxy') return await newProxy(content, parts)
  if (op === 'CloseProxy') return closeProxy(content, parts)
  return reject('xopc:refused the broker does not know this operation')
}

/** Comes from every gateway every few seconds. An frpc that is refused ends by itself; frps ends the others, because it counts no ping that was refused. */
function ping(content: Content, { book, sessions, clock }: PluginParts): Verdict {
  const user = fieldsOf(content['user'])
  const lease = leaseOf(user['metas'], book)
  if (lease === null) return reject(AUTH)
  if (isOver(lease, clock)) return reject(OVER)
  sessions.heard(lease, String(user['run_id']))
  return accepted
}

function login(content: Content, parts: PluginParts): Verdict {
  const source = sourceOf(hostIn(content['client_address']), undefined)
  const lease = leaseOf(content['metas'], parts.book)
  if (lease === null) return parts.failures.take(source) > 0 ? reject('xopc:busy too many wrong tokens from this address') : reject(AUTH)
  if (isOver(lease, parts.clock)) return reject(OVER)
  if (!isSafeFrp(String(content['version']))) return reject('xopc:refused this frpc is too old')
  const wish = wishIn(content, loginFields)
  if (wish !== null) return reject(`xopc:refused ${wish} is not allowed here`)
  // Who knew the id of another's run could end it: frps takes the newer one of an id.
  const owner = parts.sessions.ownerOf(String(content['run_id']))
  if (owner !== undefined && owner !== lease.id) return reject('xopc:refused that run is another tunnel’s')
  parts.audit.write('TunnelAudit.connected', { subdomain: lease.subdomain, gatewayId: lease.gatewayId, from: source })
  return accepted
}

async function newProxy(content: Content, parts: PluginParts): Promise<Verdict> {
  const user = fieldsOf(content['user'])
  const lease = leaseOf(user['metas'], parts.book)
  if (lease === null || !isEmpty(user['user'])) return reject(AUTH)
  if (content['proxy_type'] !== 'http') return reject('xopc:refused only proxies of type http are allowed here')
  if (content['proxy_name'] !== proxyNameOf(lease.subdomain) || content['subdomain'] !== lease.subdomain)
    return reject('xopc:refused that is not the name of this tunnel')
  const wish = wishIn(content, proxyFields)
  if (wish !== null) return reject(`xopc:refused ${wish} is not allowed here`)
  const runId = String(user['run_id'])
  const { authHash } = lease
  if (!(await parts.sessions.opening(lease, runId))) return reject('xopc:busy the tunnel’s earlier link is still being closed')
  if (parts.book.byAuth(authHash) === lease) return accepted
  // It was revoked or replaced meanwhile.
  parts.sessions.closed(lease.subdomain, runId)
  return reject(AUTH)
}

function closeProxy(content: Content, { sessions }: PluginParts): Verdict {
  sessions.closed(String(content['proxy_name']).replace(/^xopc-/, ''), String(fieldsOf(content['user'])['run_id']))
  return accepted
}

/** Whose token it is; null for nobody's. There is nothing in the metadata but the token. */
function leaseOf(metas: unknown, book: LeaseBook): Lease | null {
  const { token, ...others } = fieldsOf(metas)
  if (typeof token !== 'string' || !leaseGrammar.token.test(token) || Object.keys(others).length > 0) return null
  return book.byAuth(hashOf(token)) ?? null
}

/** `192.0.2.1:5000` or `[2001:db8::1]:5000`, without the port. */
function hostIn(address: unknown): string {
  return String(address)
    .replace(/:\d+$/, '')
    .replaceAll(/^\[|\]$/g, '')
}

/** The first field that asks for something, and is not one of these. Pure. */
function wishIn(content: Readonly<Record<string, unknown>>, known: readonly string[]): string | null {
  const wish = Object.entries(content).find(([name, value]) => !known.includes(name) && !isEmpty(value))?.[0]
  // It is told to people: a name that frp does not have could be anything.
  return wish === undefined ? null : /^\w{1,40}$/.test(wish) ? wish : 'something'
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function reject(reason: string): Verdict {
  return { reject: true, reject_reason: reason }
}
