import { z } from 'zod'
import { CHALLENGE_PATH } from '../../../protocol/routes.ts'
import { isNonce } from '../../../protocol/signing.ts'
import type { Exchange } from '../../edge/exchange.ts'
import { gatewayErrors } from '../../errors.ts'
import { judgeOrigin, signChallenge } from '../challenge.ts'
import type { ControlContext } from '../context.ts'
import { challengeReply } from '../replies.ts'
import { type Call, route } from '../route.ts'

const nonce = z.string().refine(isNonce, { error: 'must be 32 to 64 of A–Z a–z 0–9 _ -' })

/** How a client learns that it talks to this gateway and to no other, before it sends a credential. */
export const identityRoutes = [
  route({
    method: 'POST',
    path: CHALLENGE_PATH,
    scope: 'none',
    anyHost: true,
    about: 'Signs the nonce, and the origin that the client dialled if it is this gateway’s own and led here.',
    body: z.strictObject({ nonce, origin: z.string().max(300).optional() }),
    reply: challengeReply,
    codes: ['NOT_MY_ORIGIN', 'ORIGIN_INVALID', 'RATE_LIMITED'],
    handle: (call, context) => {
      const { nonce, origin } = call.body
      const test = context.probes.find(nonce)
      test?.arrive({ ingress: call.exchange.ingress, host: call.exchange.host })
      if (test === null) takePlace(call, context)
      if (origin !== undefined) judgeOrigin(origin, call.exchange, { ...ownOrigins(origin, call, context), tested: test?.origin })
      return signChallenge(nonce, origin, context.signer, context.clock.now())
    },
  }),
]

function takePlace({ exchange, header }: Call<unknown, unknown>, { limiter }: ControlContext): void {
  // Who proved something is known and counted elsewhere; strangers share the places of their door.
  const stranger = exchange.principal.kind === 'anonymous' || exchange.principal.kind === 'local'
  if (exchange.ingress === 'control' || !stranger || limiter.challenge(exchange.ingress)) return
  header('retry-after', '1')
  throw gatewayErrors.RATE_LIMITED()
}

/** What is this gateway's without a running test. */
function ownOrigins(asked: string, { exchange }: Call<unknown, unknown>, context: ControlContext) {
  const { names, sessions, config } = context
  const own = names.of(exchange.ingress).origins
  // A session proves its origin for the door that it was made through; by another one a relay could ask.
  const has = (origin: string) => own.has(origin) || sessions.madeAt(origin, exchange.ingress) || isPaired(origin, exchange, context)
  return { has, publicUrl: config.current().gateway.publicUrl, leased: names.of('tunnel').origins.has(asked) }
}

/** An address that devices use or are about to: it was proven when its code was minted. Only https, where the certificate keeps relays away, and only by the doors that a proxy comes by. */
function isPaired(origin: string, { ingress, trustedPeer }: Exchange, { devices, pairing }: ControlContext): boolean {
  const byProxy = ingress === 'local' || ingress === 'proxy' || (trustedPeer && ingress !== 'tailscale' && ingress !== 'tunnel')
  return byProxy && origin.startsWith('https:') && (devices.isOrigin(origin) || pairing.isOrigin(origin))
}
