import { z } from 'zod'
import { routes } from '../../../protocol/routes.ts'
import { health, logLines, overview, status } from '../replies.ts'
import { type Call, route } from '../route.ts'
import { seenAs } from '../seen-as.ts'
import { metricsText } from '../metrics.ts'
import type { ControlContext } from '../context.ts'

const lines = z.strictObject({ lines: z.coerce.number().int().min(1).max(10_000).default(200) })
const nothing = z.strictObject({}).prefault({})

/** The gateway itself: how it is, its end, its logs. */
export const gatewayRoutes = [
  route({
    ...routes.health,
    path: '/api/health',
    anyHost: true,
    about: 'That the gateway runs. Also at `/health`.',
    reply: health,
    handle: (_call, { xopc }) => xopc.health(),
  }),
  route({ ...routes.status, about: 'The gateway in numbers.', reply: status, handle: (_call, { xopc }) => xopc.status() }),
  route({
    ...routes.overview,
    about:
      'Every way in with its intent, state and audience; conflicts with their fixes; the SSH line; the public origin this request came by.',
    reply: overview,
    handle: async (call, context) => ({ ...(await context.xopc.overview()), seenAs: seenBy(call, context) }),
  }),
  route({
    ...routes.stop,
    about: 'Ends the gateway once this reply has gone out.',
    body: nothing,
    handle: (call, { xopc }) => (call.status(202), xopc.stop()),
  }),
  route({
    ...routes.restart,
    about: 'Ends the gateway and starts it anew with the same arguments.',
    body: nothing,
    handle: (call, { xopc }) => (call.status(202), xopc.restart()),
  }),
  route({
    ...routes.rotateToken,
    about: 'Makes a new owner token, saves it and ends every session and stream of the old one.',
    body: nothing,
    reply: z.object({ token: z.string() }),
    handle: (call, { xopc, audit }) => {
      audit.write('AuthAudit.rotateAsked', { by: call.exchange.principal.id, client: call.exchange.client })
      return xopc.rotateToken()
    },
  }),
  route({
    ...routes.logs,
    about: 'The last lines of the gateway log, oldest first.',
    query: lines,
    reply: logLines,
    handle: (call, { xopc }) => xopc.logs(call.query.lines),
  }),
  route({
    ...routes.audit,
    about: 'The last lines of the audit log, oldest first.',
    query: lines,
    reply: logLines,
    handle: (call, { xopc }) => xopc.audit(call.query.lines),
  }),
  route({
    method: 'GET',
    path: '/metrics',
    scope: 'admin',
    about: 'The gateway in numbers, in Prometheus text format.',
    produces: 'text/plain',
    handle: async (call, { xopc }) => {
      call.header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      return metricsText(await xopc.status())
    },
  }),
]

function seenBy({ exchange }: Call<unknown, unknown>, { config, sessions }: ControlContext) {
  // The edge let this session in only with exactly its own origin.
  const origin = exchange.principal.session === undefined ? null : sessions.originOf(exchange.principal.session)
  return seenAs(exchange, origin, config.current().gateway.publicUrl)
}
