import { routes } from '../../../protocol/routes.ts'
import { gatewayErrors } from '../../errors.ts'
import { route } from '../route.ts'

/** The gateway's events. */
export const eventRoutes = [
  route({
    ...routes.events,
    about:
      'Server-sent events: first `connected`, then what happens; each is named by its type and has the whole event as data. A comment every 15 s keeps the stream open; `Last-Event-ID` resumes.',
    produces: 'text/event-stream',
    codes: ['TOO_MANY_STREAMS'],
    handle: (call, { hub, streams, config }) => {
      const { ingress, principal } = call.exchange
      const free = ingress === 'control' ? null : streams.open(principal)
      if (free === null && ingress !== 'control')
        throw gatewayErrors.TOO_MANY_STREAMS({ limit: config.current().gateway.maxSseConnections })
      const response = call.hijack()
      if (free !== null) response.on('close', free)
      hub.add(response, call.exchange, idOf(call.request.headers['last-event-id']))
    },
  }),
]

/** What is no id of ours counts as none: the stream then starts from now. */
function idOf(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : null
}
