import { probeRequest } from '../replies.ts'
import { route } from '../route.ts'

/** What a test of a way in asks for: does it stream, does it upgrade, what arrives of the request. */
export const probeRoutes = [
  route({
    method: 'GET',
    path: '/api/probe/stream',
    scope: 'probe',
    about: 'Three server-sent events, 300 ms apart, so that buffering on the way shows. Sends no hint against buffering.',
    produces: 'text/event-stream',
    handle: async (call, { clock }) => {
      const response = call.hijack()
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
      response.flushHeaders()
      for (const index of [0, 1, 2]) {
        if (index > 0) await clock.sleep(300, call.signal)
        response.write(`event: probe\ndata: ${JSON.stringify({ index, at: clock.now() })}\n\n`)
      }
      response.end()
    },
  }),
  route({
    method: 'GET',
    path: '/api/probe/request',
    scope: 'probe',
    about: 'What the gateway saw of this request.',
    reply: probeRequest,
    handle: ({ exchange }) => {
      const { ingress, peer, client, proxied, forwardedFor, proto, host } = exchange
      return { ingress, peer, client, proxied, forwardedFor, proto, host }
    },
  }),
]
