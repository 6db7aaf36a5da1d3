import { z } from 'zod'
import type { PairCaller, PairOptions } from '../../../core/xopc.ts'
import type { Scope } from '../../../protocol/http-api.ts'
import { routes } from '../../../protocol/routes.ts'
import type { Exchange } from '../../edge/exchange.ts'
import type { ControlContext } from '../context.ts'
import { pairContext, pairingCode, tunnelQr } from '../pairing-replies.ts'
import { route } from '../route.ts'
import { seenAs } from '../seen-as.ts'

// Name and address are judged where they are used, whose codes say more than a schema would.
const options = z.strictObject({
  admin: z.boolean().exactOptional(),
  browser: z.boolean().exactOptional(),
  name: z.string().max(1024).exactOptional(),
  baseUrl: z.string().max(2048).exactOptional(),
}) satisfies z.ZodType<PairOptions>

const nothing = { links: null, baseUrl: null, lanUrl: null, expiresAt: null }

/** Pairing codes, each to whoever minted it. */
export const pairRoutes = [
  route({
    ...routes.pair,
    about:
      'Mints a pairing code: its links for the app and for a browser, and both as QR codes. It works once and for five minutes. Where no address can be used nothing is minted, and the reply says what to do.',
    body: options.prefault({}),
    reply: pairingCode,
    codes: [
      'ADMIN_IN_XOPC_UI',
      'DEVICE_NAME_INVALID',
      'GATEWAY_LOOPBACK_ONLY',
      'has_path',
      'has_query_or_fragment',
      'has_userinfo',
      'invalid_scheme',
      'invalid_url',
      'LOOPBACK_NOT_REACHABLE',
      'NO_REACHABLE_URL',
      'requires_https',
      'SCOPE_MISSING',
      'WRONG_GATEWAY',
    ],
    handle: ({ body, exchange }, context) => context.xopc.pair(body, callerOf(exchange, context)),
  }),
  route({
    ...routes.pairing,
    about: 'A pairing code as it is now, to whoever minted it: waiting, used (and by which device), expired or revoked.',
    reply: pairingCode,
    codes: ['PAIRING_NOT_FOUND'],
    handle: ({ params, exchange }, context) => context.xopc.pairing(params['id'] ?? '', callerOf(exchange, context)),
  }),
  route({
    ...routes.cancelPairing,
    about: 'Takes a pairing code back. A device that already joined stays.',
    codes: ['PAIRING_NOT_FOUND'],
    handle: ({ params, exchange }, context) => context.xopc.cancelPairing(params['id'] ?? '', callerOf(exchange, context)),
  }),
  route({
    ...routes.pairContext,
    about: 'The addresses that a device could be paired with, best first, and why none can be used.',
    reply: pairContext,
    handle: (_call, { xopc }) => xopc.pairContext(),
  }),
  route({
    method: 'GET',
    path: '/api/tunnel/qr',
    scope: 'read',
    about:
      'The link of the newest pairing code that waits and that you minted, for clients that know this older name; empty where there is none. Asking mints nothing.',
    reply: tunnelQr,
    handle: async ({ exchange }, context) => {
      const caller = callerOf(exchange, context)
      const code = context.pairing.latest(caller.id)
      const { links, baseUrl, lanUrl, expiresAt } =
        code === null || !mayMint(caller, code.scopes) ? nothing : await context.xopc.pairing(code.id, caller)
      return { qrPayload: links?.app ?? '', publicUrl: baseUrl, lanUrl, expiresAt }
    },
  }),
]

/** A browser's cookie stands for the same session with and without its key: without it the link of a code must not be had, either (attack A55). */
function mayMint({ scopes }: PairCaller, wanted: readonly Scope[]): boolean {
  return scopes.has('pair') && wanted.every((scope) => scopes.has(scope))
}

/** What the request itself proves of who asks. */
export function callerOf(exchange: Exchange, { sessions, config }: Pick<ControlContext, 'sessions' | 'config'>): PairCaller {
  const { id, scopes, session } = exchange.principal
  // Host is what a program says it asked for; only a browser's session has proven the origin that it came by.
  const origin = session === undefined ? null : sessions.originOf(session)
  const seen = origin === null ? null : seenAs(exchange, origin, config.current().gateway.publicUrl)
  return { id, scopes, seenAs: seen?.origin ?? null }
}
