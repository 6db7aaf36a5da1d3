import { z } from 'zod'
import { routes } from '../../../protocol/routes.ts'
import { answerConsent, answerDisable, answerEnable, enableOptions } from '../answer-state.ts'
import { tunnelStatus } from '../pairing-replies.ts'
import { errorInfo } from '../replies.ts'
import { route } from '../route.ts'

const text = z.string().max(300).optional()

/** The public tunnel as phones and scripts know it: adapters to `/api/access/tunnel/*` that answer with its own status. */
export const tunnelRoutes = [
  route({
    ...routes.tunnelStatus,
    about:
      'The public tunnel: its state, its consent and its settings. `connected` means that its public address was visited and led here.',
    reply: tunnelStatus,
    handle: (_call, { xopc }) => xopc.tunnelStatus(),
  }),
  route({
    method: 'POST',
    path: '/api/tunnel/start',
    scope: 'admin',
    about:
      'Starts the public tunnel: 200 with its status once settled, 202 while it is still starting after 2 s. `?wait=1` waits longer, bounded. At most 12 in 5 minutes.',
    query: z.strictObject({ wait: z.enum(['0', '1']).optional() }),
    body: z.strictObject({ for: text, replace: z.boolean().optional(), broker: text }).prefault({}),
    reply: tunnelStatus,
    codes: [
      'CONFIG_SECRET_NEEDED',
      'DURATION_INVALID',
      'EXPOSURE_CONFLICT',
      'TUNNEL_AUTH_REQUIRED',
      'TUNNEL_BROKER_INVALID',
      'TUNNEL_CONSENT_REQUIRED',
      'TUNNEL_RATE_LIMITED',
      'TUNNEL_REGISTRATION_SECRET_REQUIRED',
    ],
    async handle(call, context) {
      await answerEnable(call, context, 'tunnel', { ...enableOptions(call.body), ...(call.query.wait === '1' ? { wait: true } : {}) })
      return await context.xopc.tunnelStatus()
    },
  }),
  route({
    method: 'POST',
    path: '/api/tunnel/stop',
    scope: 'admin',
    about: 'Closes the public tunnel; with `release` its name is given back to the broker, for ever.',
    body: z.strictObject({ release: z.boolean().optional() }).prefault({}),
    reply: tunnelStatus,
    codes: ['TUNNEL_NOT_RELEASED'],
    async handle(call, context) {
      await answerDisable(call, context, 'tunnel', { release: call.body.release === true })
      return await context.xopc.tunnelStatus()
    },
  }),
  route({
    method: 'POST',
    path: '/api/tunnel/consent',
    scope: 'admin',
    about: 'The same as `POST /api/access/tunnel/consent`.',
    body: z.strictObject({ version: z.string().max(100) }),
    reply: z.object({ version: z.string(), acceptedAt: z.string() }),
    codes: ['CONSENT_OUTDATED'],
    handle: (call, context) => answerConsent(call, context, 'tunnel', call.body.version),
  }),
  route({
    ...routes.prefetchTunnel,
    about: 'Fetches frpc, the program that holds the tunnel, or looks whether the one that is there is good.',
    body: z.strictObject({}).prefault({}),
    reply: z.object({ program: z.string(), version: z.string(), warning: errorInfo.nullable() }),
    handle: (_call, { xopc }) => xopc.prefetchTunnel(),
  }),
]
