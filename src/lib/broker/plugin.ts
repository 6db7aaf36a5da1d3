import { isSafeFrp } from '../binaries/frps.ts'
import { leaseGrammar } from '../protocol/broker-api.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Lease, LeaseBook } from './leases.ts'
import type { Counter } from './limits.ts'
import { proxyNameOf } from './registrations.ts'
import { hashOf } from './secrets.ts'
import type { Sessions } from './sessions.ts'

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

const accepted: Verdict = { reject: false, unchange: true }
const AUTH = 'xopc:auth this tunnel was revoked, replaced or given back, or its token is wrong'
/** What frpc says of itself when it comes; everything else in it is a wish that nobody has here. */
const loginFields = 'version hostname os arch privilege_key timestamp run_id client_id client_spec metas pool_count client_address'.split(
  ' ',
)
const proxyFields = ['user', 'proxy_name', 'proxy_type', 'subdomain']

/** Decides about one thing that a gateway's frpc asks frps for. What is not known is refused. */
export async function judgeOperation(op: string, content: Readonly<Record<string, unknown>>, parts: PluginParts): Promise<Verdict> {
  if (op === 'Login') return login(content, parts)
  if (op === 'NewProxy') return await newProxy(content, parts)
  if (op === 'CloseProxy') return closeProxy(content, parts)
  return reject('xopc:refused the broker does not know this operation')
}

function login(content: Readonly<Record<string, unknown>>, parts: PluginParts): Verdict {
  const address = String(content['client_address'])
  const source = parts.sessions.sourceOf(address)
  const lease = leaseOf(content['metas'], parts.book)
  if (lease === null) return parts.failures.take(source) > 0 ? reject('xopc:busy too many wrong tokens from this address') : reject(AUTH)
  // Its next heartbeat is told the same, and then it registers again: nothing to give up for.
  if (lease.expiresAt <= parts.clock.now()) return reject('xopc:busy the lease is over, register again')
  if (!isSafeFrp(String(content['version']))) return reject('xopc:refused this frpc is too old')
  const wish = wishIn(content, loginFields) ?? (isEmpty(tableOf(content['client_spec'])) ? null : 'client_spec')
  if (wish !== null) return reject(`xopc:refused ${wish} is not allowed here`)
  const problem = parts.sessions.login(lease, address)
  if (problem !== null) return reject(problem)
  parts.audit.write('TunnelAudit.connected', { subdomain: lease.subdomain, gatewayId: lease.gatewayId, from: source })
  return accepted
}

async function newProxy(content: Readonly<Record<string, unknown>>, parts: PluginParts): Promise<Verdict> {
  const user = tableOf(content['user'])
  const lease = leaseOf(user['metas'], parts.book)
  if (lease === null || !isEmpty(user['user'])) return reject(AUTH)
  if (content['proxy_type'] !== 'http') return reject('xopc:refused only proxies of type http are allowed here')
  if (content['proxy_name'] !== proxyNameOf(lease.subdomain) || content['subdomain'] !== lease.subdomain)
    return reject('xopc:refused that is not the name of this tunnel')
  const wish = wishIn(content, proxyFields)
  if (wish !== null) return reject(`xopc:refused ${wish} is not allowed here`)
  if (!(await parts.sessions.opening(lease))) return reject('xopc:busy the tunnel’s earlier link is still being closed')
  if (parts.book.byAuth(lease.authHash) === lease) return accepted
  // It was revoked meanwhile.
  parts.sessions.closed(lease.subdomain)
  return reject(AUTH)
}

function closeProxy(content: Readonly<Record<string, unknown>>, { sessions }: PluginParts): Verdict {
  sessions.closed(String(content['proxy_name']).replace(/^xopc-/, ''))
  return accepted
}

/** Whose token it is; null for nobody's. There is nothing in the metadata but the token. */
function leaseOf(metas: unknown, book: LeaseBook): Lease | null {
  const { token, ...others } = tableOf(metas)
  if (typeof token !== 'string' || !leaseGrammar.token.test(token) || Object.keys(others).length > 0) return null
  return book.byAuth(hashOf(token)) ?? null
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

function tableOf(value: unknown): Record<string, unknown> {
  // `as`: any object can be asked for any name.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function reject(reason: string): Verdict {
  return { reject: true, reject_reason: reason }
}
