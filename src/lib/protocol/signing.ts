/** What a nonce of the identity challenge looks like (contract: 32–64 of these characters). */
const nonceGrammar = /^[\w-]{32,64}$/

/** For how long a signed challenge is good, milliseconds. */
export const challengeLifetimeMs = 30_000

/** What the gateway's signature covers. */
export interface ChallengeFacts {
  gatewayId: string
  /** The raw 32 bytes of the Ed25519 key, base64url. */
  publicKey: string
  nonce: string
  /** The origin that the client dialled; absent when it asked for none. */
  origin?: string | undefined
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** Whether the text may be signed as a nonce. */
export function isNonce(text: unknown): text is string {
  return typeof text === 'string' && nonceGrammar.test(text)
}

/** The exact text that is signed with Ed25519 (contract 4, identity challenge): both ends build it with this function and nothing else. */
export function challengeMessage({ gatewayId, publicKey, nonce, origin, expiresAt }: ChallengeFacts): string {
  return JSON.stringify(['xopc-gateway-route-v1', gatewayId, publicKey, nonce, origin ?? '', expiresAt])
}
