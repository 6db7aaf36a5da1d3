import { hash, timingSafeEqual } from 'node:crypto'
import type { Config } from '../../config/schema.ts'
import { isGenerated } from '../../config/weak-secrets.ts'
import type { SignedIn } from '../../identity/sessions.ts'
import { edgeErrors } from '../edge/errors.ts'
import type { Exchange } from '../edge/exchange.ts'
import { isOriginOf } from '../edge/host.ts'
import { ssoId } from '../edge/proxy-identity.ts'
import { gatewayErrors } from '../errors.ts'
import type { ControlContext } from './context.ts'
import type { Call } from './route.ts'
import { tailscaleUser } from './tailscale-user.ts'

/** What a person typed: one of the two, or neither where the request's own Bearer already proved the owner. */
export type Typed = { token?: string | undefined; password?: string | undefined }

/**
 * Starts a browser session at the request's Origin, whose authority is Host. Throws `ORIGIN_NOT_HOST`, `auth_blocked`, `SIGN_IN_BY_CODE`,
 * `SIGN_IN_OFF`, `missing_token`, `invalid_token`, `HOST_INVALID`, `TAILSCALE_IDENTITY_UNAVAILABLE`, `TAILSCALE_NOBODY`.
 */
export async function signIn(call: Call<Typed, unknown>, context: ControlContext): Promise<Omit<SignedIn, 'key'> & { key?: string }> {
  const { exchange, body: typed } = call
  const { auth, upstream } = context.config.current().gateway
  // The edge has judged the path as it is written; the router takes other spellings for this one, too.
  if (exchange.origin !== null && !isOriginOf(exchange.origin, exchange)) {
    throw gatewayErrors.ORIGIN_NOT_HOST({ origin: exchange.origin, host: exchange.host })
  }
  if (auth.allowTailscale && exchange.ingress === 'tailscale' && isEmpty(typed) && exchange.principal.kind === 'anonymous')
    return await signInByTailscale(call, context)
  await waitForTurn(call, context)
  if (auth.mode === 'trusted-proxy') throw signInOff(auth.mode)
  if (upstream !== undefined) throw gatewayErrors.SIGN_IN_BY_CODE()
  if (auth.mode === 'none') throw signInOff(auth.mode)
  if (!isOwner(typed, exchange, auth)) throw refusal(call, context)
  context.audit.write('AuthAudit.signedIn', { client: exchange.client, ingress: exchange.ingress })
  return context.sessions.create(originOf(exchange), exchange.ingress)
}

/** Grants what a browser's cookie grants, and never more: there is no key to this session. Nothing is typed, so an app at this address learns nothing. */
async function signInByTailscale({ exchange, request }: Call<Typed, unknown>, context: ControlContext): Promise<Omit<SignedIn, 'key'>> {
  // Only at the name that Tailscale itself gives: a visitor chooses Host, and no session of theirs may make another name one of ours.
  if (!context.names.of(exchange.ingress).origins.has(originOf(exchange))) throw edgeErrors.UNKNOWN_HOST({ host: exchange.host })
  const user = await tailscaleUser(exchange, request.rawHeaders, context.whois)
  context.audit.write('AuthAudit.signedIn', { client: exchange.client, ingress: exchange.ingress, by: 'tailscale', user: ssoId(user) })
  return context.sessions.createFor(user, originOf(exchange), exchange.ingress)
}

function isEmpty({ token, password }: Typed): boolean {
  return token === undefined && password === undefined
}

function originOf({ origin, proto, host }: Exchange): string {
  const named = origin ?? `${proto}://${host}`
  // Host has the form of a name, which `1.2.3.256` and port 99999 have, too.
  if (!URL.canParse(named)) throw edgeErrors.HOST_INVALID()
  return named
}

function signInOff(mode: 'none' | 'trusted-proxy'): Error {
  const why = {
    none: {
      reason: 'this gateway asks for no credential (gateway.auth.mode is none)',
      next: 'Set one: xopc config set gateway.auth.mode=token',
    },
    'trusted-proxy': {
      reason: 'your proxy signs people in (gateway.auth.mode is trusted-proxy)',
      next: 'Open the gateway through the proxy.',
    },
  }
  return gatewayErrors.SIGN_IN_OFF(why[mode])
}

/** A blocked source is compared with nothing that a person chose: guesses would go on. A password has a lane of one a second besides. */
async function waitForTurn(call: Call<Typed, unknown>, { limiter, config }: ControlContext): Promise<void> {
  const { exchange, body: typed, signal } = call
  const blockedFor = blockOf(exchange, limiter)
  if (blockedFor === 0 || exchange.principal.kind === 'owner') return
  const { mode, token } = config.current().gateway.auth
  if (mode === 'token' && typed.token !== undefined && token !== undefined && isGenerated(token)) return
  if (mode === 'password' && typed.password !== undefined && (await limiter.slowLane(exchange.ingress, signal))) return
  throw blockedError(call, blockedFor)
}

function blockOf({ ingress, client }: Exchange, { blockedFor }: Pick<ControlContext['limiter'], 'blockedFor'>): number {
  return ingress === 'control' ? 0 : blockedFor(client)
}

function blockedError({ header }: Pick<Call<unknown, unknown>, 'header'>, blockedFor: number): Error {
  const seconds = Math.ceil(blockedFor / 1000)
  header('retry-after', String(seconds))
  return edgeErrors.auth_blocked({ seconds })
}

function isOwner(typed: Typed, exchange: Exchange, auth: Config['gateway']['auth']): boolean {
  if (isEmpty(typed)) return exchange.principal.kind === 'owner'
  if (auth.mode === 'password') return same(typed.password, auth.password)
  return auth.mode === 'token' && same(typed.token, auth.token)
}

/** Compares digests, so that neither length nor place of the first difference shows in the time it takes. */
function same(given: string | undefined, wanted: string | undefined): boolean {
  if (given === undefined || wanted === undefined) return false
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', wanted, 'buffer'))
}

/** Who is blocked and wrong again is told so, also where the right credential would have been taken. */
function refusal(call: Call<Typed, unknown>, context: ControlContext): Error {
  const { exchange, body: typed } = call
  if (isEmpty(typed)) return edgeErrors[exchange.unproven]()
  const blockedFor = blockOf(exchange, context.limiter)
  countFailure(exchange, context)
  return blockedFor > 0 ? blockedError(call, blockedFor) : edgeErrors.invalid_token()
}

/** Counts a wrong or malformed credential of this source; never on `control`. */
export function countFailure(exchange: Exchange, { limiter, audit, onBlocked }: ControlContext): void {
  if (exchange.ingress === 'control') return
  audit.write('AuthAudit.failed', { client: exchange.client, ingress: exchange.ingress, by: 'sign-in' })
  if (!limiter.failed(exchange.client)) return
  audit.write('AuthAudit.blocked', { client: exchange.client, ingress: exchange.ingress })
  onBlocked(exchange.client)
}
