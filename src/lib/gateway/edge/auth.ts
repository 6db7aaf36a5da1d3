import { hash, timingSafeEqual } from 'node:crypto'
import type { Config } from '../../config/schema.ts'
import { deviceOfCookie } from '../../identity/device-cookie.ts'
import { type DeviceRecord, type Devices, DEVICE_TOKEN_PREFIX } from '../../identity/devices.ts'
import { type Session, type Sessions, SESSION_KEY_PREFIX } from '../../identity/sessions.ts'
import { TICKET_PREFIX, type TicketUse, type Tickets } from '../../identity/tickets.ts'
import type { AskedHost } from '../../protocol/authority.ts'
import type { Principal } from './exchange.ts'
import type { Head } from './head.ts'
import type { Limiter } from './limits.ts'
import { createOwnSecrets, type Secret } from './own-secrets.ts'
import { ANONYMOUS, type Found, OWNER, principalOf, READ_RUN, UNNAMED, type Weighed } from './principals.ts'
import { type IdentityFault, type IdentityRules, judgeIdentity, ssoId } from './proxy-identity.ts'

/** What a request's credentials came to. */
export interface Proof {
  principal: Principal
  /** Set where the request is refused for its credentials. */
  refusal: 'invalid_token' | 'invalid_proxy_credentials' | 'auth_blocked' | null
  /** What is wrong with the identity that a trusted proxy stated; null where it stated a good one or none, or nobody asked. */
  fault: IdentityFault | null
  /** The user that it named, as far as that could be read; for the audit log. */
  named: string | null
  /** For `auth_blocked`, milliseconds. */
  retryAfterMs: number
  /** This request's wrong credential blocked its source. */
  blockedNow: boolean
  /** A credential in a header was good: something that a page which rebound our name cannot have. */
  byHeader: boolean
  /** Nothing speaks for the request but what comes with it whoever wrote it: a cookie of ours, or what a proxy adds for the person behind it. */
  ambient: boolean
  /** Authorization belongs to the app and travels on. */
  bearerTravels: boolean
  /** X-Api-Key belongs to the app and travels on. */
  apiKeyTravels: boolean
}

/** What the edge knows of a request when its credentials are looked at. */
export interface Visit {
  client: string
  asked: AskedHost
  control: boolean
  /** Who the visitor is by Tailscale, at the door where it vouches for them; else null. */
  tailscaleLogin: string | null
  /** On its way to the app, not to us. */
  toApp: boolean
  /** May count as a program on this computer, for `auth.mode: none`. */
  local: boolean
  /** The headers, where the peer is a proxy that may say who somebody is; else null. */
  vouched: readonly string[] | null
  /** A ticket from the query, with what it would have to be for. */
  ticket: string | null
  ticketUse: TicketUse
}

/** Looks at credentials. */
export interface Authenticator {
  prove(head: Head, visit: Visit): Proof
  /** The 401 code for who has proven nothing. */
  unproven(): 'missing_token' | 'auth_unconfigured'
}

/** Nothing was looked at: the proof of a preflight. */
export const NOBODY: Proof = {
  principal: ANONYMOUS,
  refusal: null,
  fault: null,
  named: null,
  retryAfterMs: 0,
  blockedNow: false,
  byHeader: false,
  ambient: false,
  bearerTravels: false,
  apiKeyTravels: false,
}

/**
 * The judge of credentials. Every value is first compared with generated credentials only, which tells a guesser nothing; with a password or
 * a hand-chosen token only where nothing else of the request was good or the request is for us, and never for a blocked source. Comparisons
 * are of digests, in constant time. A wrong credential never takes away or adds to what a good one grants.
 */
export function createAuthenticator(given: {
  config: () => Config
  sessions: Sessions
  devices: Pick<Devices, 'find' | 'get'>
  tickets: Tickets<Principal>
  limiter: Limiter
}): Authenticator {
  const { sessions, devices, tickets, limiter } = given
  const { current, wereOurs } = createOwnSecrets(given.config)

  function weigh(value: string | undefined, session: Session | null): Weighed {
    if (value === undefined || value === '') return 'absent'
    if (value.startsWith('xopc_')) return weighPrefixed(value, session)
    const { digest, generated } = current()
    const given = hash('sha256', value, 'buffer')
    if (generated && digest && timingSafeEqual(given, digest)) return 'owner'
    return wereOurs(given) ? 'wrong' : 'stranger'
  }

  function weighPrefixed(value: string, session: Session | null): Weighed {
    // A key that outlived its session is what every open console sends after a restart: refused, but no guess.
    if (value.startsWith(SESSION_KEY_PREFIX)) return session && sessions.holdsKey(session, value) ? 'key' : 'dead'
    if (value.startsWith(DEVICE_TOKEN_PREFIX)) return appOf(value) ? 'device' : 'wrong'
    if (value.startsWith(TICKET_PREFIX)) return holderOf(value, 'probe') ? 'probe' : 'dead'
    return 'wrong'
  }

  /** A browser's token is a cookie and nothing else, so that a script that got hold of it could not carry it away. */
  function appOf(token: string | undefined): DeviceRecord | null {
    const device = token === undefined ? null : devices.find(token)
    return device?.kind === 'app' ? device : null
  }

  /** Uses a ticket up; it is worth nothing once the session or the device that asked for it has ended. */
  function holderOf(ticket: string, use: TicketUse): Principal | null {
    const holder = tickets.redeem(ticket, use)?.holder ?? null
    if (holder?.session !== undefined && sessions.originOf(holder.session) === null) return null
    return holder?.device !== undefined && devices.get(holder.device) === null ? null : holder
  }

  /** Compares with a password or hand-chosen token. */
  function isChosen(value: string | undefined): boolean {
    const { digest, generated } = current()
    return !generated && digest !== null && value !== undefined && timingSafeEqual(hash('sha256', value, 'buffer'), digest)
  }

  /** Somebody whom Tailscale names has to be named by it every time: who was put out of the tailnet keeps nothing, also where Funnel leads to the same door. */
  function sessionOf({ cookie, origin }: Head, { control, asked, tailscaleLogin }: Visit): Session | null {
    const session = cookie === undefined || control ? null : sessions.find(cookie, asked, origin)
    return session !== null && session.user !== null && session.user !== tailscaleLogin ? null : session
  }

  function prove(head: Head, visit: Visit): Proof {
    const { mode, generated, digest, identity } = current()
    const session = sessionOf(head, visit)
    const holder = visit.ticket === null ? null : holderOf(visit.ticket, visit.ticketUse)
    const bearer = bearerOf(head.authorization)
    const values = [head.token, head.apiKey, bearer]
    const weighed: Weighed[] = [weigh(head.token, session), weigh(head.apiKey, session), weigh(bearer, session)]
    const app = weighed.includes('device') ? appOf(values[weighed.indexOf('device')]) : null
    const browser = head.cookie === undefined || visit.control ? null : deviceOfCookie(devices, head.cookie, visit.asked, head.origin)
    const proof = proofOf({ weighed, session, holder, app, browser }, visit, mode)
    // Whoever proved something else has no need of a proxy's word, so nothing of it is compared.
    if (identity !== null && visit.vouched !== null && proof.principal === ANONYMOUS) takeIdentity(proof, identity, head, visit)

    const open = proof.principal.kind === 'anonymous' || (!visit.toApp && !generated && digest !== null && !visit.control)
    if (open) compareRest(proof, values, weighed, visit)
    if (proof.principal.kind !== 'anonymous') {
      proof.refusal = null
      // The same text that was good in another header is ours, too.
      proof.bearerTravels = travels(weighed[2]) && bearer !== head.token && bearer !== head.apiKey
      proof.apiKeyTravels = travels(weighed[1]) && head.apiKey !== head.token && head.apiKey !== bearer
    }
    return proof
  }

  /** The user that a trusted proxy names. A wrong shared secret is a wrong credential of the client behind the proxy. */
  function takeIdentity(proof: Proof, rules: IdentityRules, { connection }: Head, { client, vouched }: Visit): void {
    const mayCompare = (): boolean => rules.secretGenerated || limiter.blockedFor(client) === 0
    const found = judgeIdentity(rules, vouched ?? [], connection, mayCompare)
    if (found === null) return
    proof.named = found.user
    proof.fault = found.fault
    if (found.fault === null) {
      Object.assign(proof, { principal: { kind: 'sso', id: ssoId(found.user), scopes: READ_RUN }, ambient: true })
    } else if (found.fault === 'user-missing') proof.principal = UNNAMED
    else refuseIdentity(proof, found.fault, client)
  }

  function refuseIdentity(proof: Proof, fault: IdentityFault, client: string): void {
    const left = fault === 'secret-wrong' || fault === 'secret-not-compared' ? limiter.blockedFor(client) : 0
    proof.refusal = left > 0 ? 'auth_blocked' : 'invalid_proxy_credentials'
    proof.retryAfterMs = left
    if (left === 0 && fault === 'secret-wrong') proof.blockedNow = limiter.failed(client)
  }

  /** What could be a password or a chosen token: compared unless the source is blocked, counted where wrong. */
  function compareRest(proof: Proof, values: (string | undefined)[], weighed: Weighed[], visit: Visit): void {
    for (const [index, kind] of weighed.entries()) {
      if (kind !== 'stranger' && kind !== 'wrong' && kind !== 'dead') continue
      // Where nobody is asked there is nothing to guess, and what is no device's is the app's.
      if (kind === 'stranger' && current().mode === 'none') continue
      // Asked anew for each: the one before may have blocked the source.
      const left = limiter.blockedFor(visit.client)
      if (kind === 'dead') proof.refusal ??= 'invalid_token'
      else if (left > 0) Object.assign(proof, { refusal: 'auth_blocked', retryAfterMs: left })
      else if (kind === 'stranger' && isChosen(values[index])) {
        weighed[index] = 'owner'
        Object.assign(proof, { principal: OWNER, byHeader: true, ambient: false })
      } else {
        proof.refusal = 'invalid_token'
        proof.blockedNow = limiter.failed(visit.client) || proof.blockedNow
      }
    }
  }

  return {
    prove,
    unproven() {
      const { mode, digest } = current()
      return digest === null && (mode === 'token' || mode === 'password') ? 'auth_unconfigured' : 'missing_token'
    },
  }
}

function travels(kind: Weighed | undefined): boolean {
  return kind === 'stranger' || kind === 'absent'
}

/** What the generated credentials alone grant. */
function proofOf(found: Found, visit: Visit, mode: Secret['mode']): Proof {
  const { weighed } = found
  const byHeader = weighed.includes('owner') || weighed.includes('key') || weighed.includes('device') || weighed.includes('probe')
  const principal = principalOf(found, visit, mode)
  const byCookie = principal.kind === 'session' || principal.kind === 'device'
  return { ...NOBODY, principal, byHeader, ambient: byCookie && !byHeader }
}

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || !/^bearer /i.test(authorization)) return undefined
  return authorization.slice('bearer '.length).trim()
}
