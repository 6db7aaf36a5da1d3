import { z } from 'zod'
import type { Xopc } from '../../../core/xopc.ts'
import { answerDisable, answerEnable } from '../answer-state.ts'
import { accessState } from '../replies.ts'
import { route } from '../route.ts'

const status = z.object({
  tailscale: z.object({
    mode: z.enum(['off', 'serve', 'funnel']),
    running: z.boolean(),
    url: z.string().nullable(),
    state: accessState,
  }),
  tunnel: z.object({ enabled: z.boolean(), running: z.boolean(), url: z.string().nullable() }),
})

/** Exposures by the names that older clients know: adapters to `/api/access/tailscale/*` and `/api/tunnel/status`, and nothing of their own. */
export const exposureRoutes = [
  route({
    method: 'GET',
    path: '/api/exposure/status',
    scope: 'read',
    about: 'Tailscale and the public tunnel in short, for clients that know the older names; otherwise `GET /api/overview`.',
    reply: status,
    handle: (_call, { xopc }) => exposures(xopc),
  }),
  route({
    method: 'POST',
    path: '/api/exposure/tailscale/start',
    scope: 'admin',
    about: 'The same as `POST /api/access/tailscale/enable`, for clients that know the older name.',
    body: z.strictObject({ mode: z.enum(['serve', 'funnel']).default('serve') }).prefault({}),
    reply: accessState,
    codes: ['CONSENT_REQUIRED'],
    handle: (call, context) => answerEnable(call, context, 'tailscale', { mode: call.body.mode }),
  }),
  route({
    method: 'POST',
    path: '/api/exposure/tailscale/stop',
    scope: 'admin',
    about: 'The same as `POST /api/access/tailscale/disable`, for clients that know the older name.',
    body: z.strictObject({}).prefault({}),
    reply: accessState,
    handle: (call, context) => answerDisable(call, context, 'tailscale'),
  }),
]

async function exposures(xopc: Xopc): Promise<z.output<typeof status>> {
  const [{ methods }, tunnel] = await Promise.all([xopc.overview(), xopc.tunnelStatus()])
  const view = methods.find(({ id }) => id === 'tailscale')
  const state = view?.state ?? { phase: 'off' as const }
  const mode = view?.intended !== true ? 'off' : view.audience === 'internet' ? 'funnel' : 'serve'
  return {
    tailscale: {
      mode,
      running: state.phase === 'on' || state.phase === 'degraded',
      url: 'urls' in state ? (state.urls[0] ?? null) : null,
      state,
    },
    tunnel: { enabled: tunnel.enabled, running: tunnel.state === 'connected', url: tunnel.publicUrl },
  }
}
