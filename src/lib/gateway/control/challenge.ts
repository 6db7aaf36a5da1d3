import type { Signer } from '../../identity/keypair.ts'
import type { ChallengeReply } from '../../protocol/http-api.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { challengeLifetimeMs, challengeMessage } from '../../protocol/signing.ts'
import type { Exchange } from '../edge/exchange.ts'
import { isOriginOf } from '../edge/host.ts'
import { gatewayErrors } from '../errors.ts'
import { reachOf } from '../../protocol/reach.ts'

/** The only origin that `control` signs: a unix socket has no name, and clients of a socket write `Host: localhost`. */
const CONTROL_ORIGIN = 'http://localhost'

/** What is known of the origins that are this gateway's own, at the ingress of the request. */
export interface OwnOrigins {
  /** Names of the ingress, and origins of living sessions that were made through it. */
  has(origin: string): boolean
  publicUrl: string | undefined
  /** Whether it is the name that a broker gave, while the door for it is open. */
  leased: boolean
  /** The origin that a running test of ours sent this nonce to, and only there. */
  tested: string | undefined
}

/**
 * Refuses every origin that the gateway must not sign for a request that came this way; otherwise returns. The client compares the signed
 * origin with the one it dialled, so a signature for a foreign origin would let a relay pass as this gateway. Throws `ORIGIN_INVALID`,
 * `NOT_MY_ORIGIN`.
 */
export function judgeOrigin(origin: string, exchange: Exchange, own: OwnOrigins): void {
  if (!isOrigin(origin)) throw gatewayErrors.ORIGIN_INVALID({ origin: cleanText(origin, 200) })
  if (!isMine(new URL(origin), exchange, own)) throw gatewayErrors.NOT_MY_ORIGIN({ origin })
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text)
}

function isMine({ origin, hostname, protocol }: URL, exchange: Exchange, own: OwnOrigins): boolean {
  // Host is what the client dialled, as the edge judged it; another one means that somebody between rewrote it.
  if (!isOriginOf(origin, exchange)) return false
  if (exchange.ingress === 'control') return origin === CONTROL_ORIGIN
  // The name of a tunnel is signed at its own door and at no other. Nor is anything else signed there, not even for our own tests: which Host
  // arrives there is up to the broker.
  if (own.leased || exchange.ingress === 'tunnel') return own.leased && exchange.ingress === 'tunnel'
  const tested = origin === own.tested
  // A loopback name is everybody's own computer: only who connected here, on loopback and without a proxy between, dialled this one. That holds
  // for our own tests, too: a squatter on a forwarded port could pass their nonce on. `*.localhost` names belong to a proxy on this computer.
  const proxied = origin === own.publicUrl || (tested && hostname.endsWith('.localhost'))
  const everybodys = reachOf(hostname) === 'loopback' && !proxied
  if (everybodys) return protocol === 'http:' && exchange.ingress === 'local' && !exchange.proxied
  return tested || own.has(origin)
}

/** The signed reply; `origin` was judged before. */
export function signChallenge(nonce: string, origin: string | undefined, signer: Signer, now: number): ChallengeReply {
  const { gatewayId, publicKey } = signer
  const expiresAt = now + challengeLifetimeMs
  const signature = signer.sign(challengeMessage({ gatewayId, publicKey, nonce, origin, expiresAt }))
  const asked = origin === undefined ? {} : { origin }
  return { payload: { purpose: 'gateway-route-v1', gatewayId, publicKey, nonce, ...asked, expiresAt }, signature }
}
