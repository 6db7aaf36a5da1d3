import { z } from 'zod'
import { NONCE_HEADER, probePaths } from '../../../protocol/probe-api.ts'
import { gatewayErrors } from '../../errors.ts'
import { probeRequest } from '../replies.ts'
import { route } from '../route.ts'
import { hintsIn, received } from '../seen-request.ts'

const stream = z.strictObject({
  idle: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, { error: 'must be whole seconds up to 999' })
    .transform(Number)
    .optional(),
})

/** What a test of a way in asks for: does it stream, does it upgrade, what arrives of the request. */
export const probeRoutes = [
  route({
    method: 'GET',
    path: probePaths.stream,
    scope: 'probe',
    about:
      'Three server-sent events, 300 ms apart, so that buffering on the way shows; with `?idle=` that many seconds of silence and then a fourth, `idle`. Sends no hint against buffering.',
    produces: 'text/event-stream',
    query: stream,
    handle: async (call, { clock }) => {
      const response = call.hijack()
      const { signal } = call
      const send = (event: string, index: number) =>
        response.write(`event: ${event}\ndata: ${JSON.stringify({ index, at: clock.now() })}\n\n`)
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
      response.flushHeaders()
      try {
        for (const index of [0, 1, 2]) {
          if (index > 0) await clock.sleep(300, signal)
          send('probe', index)
        }
        if (call.query.idle !== undefined) {
          await clock.sleep(call.query.idle * 1000, signal)
          send('idle', 3)
        }
        response.end()
      } catch (error) {
        // Who asked is gone: there is nobody left to tell.
        if (!signal.aborted) throw error
      }
    },
  }),
  route({
    method: 'GET',
    path: probePaths.request,
    scope: 'probe',
    about: 'What the gateway saw of this request, and of the headers by which proxies tell of themselves and of their visitors.',
    reply: probeRequest,
    handle: ({ exchange, request }) => {
      const { ingress, peer, client, proxied, trustedPeer, forwardedFor, proto, host } = exchange
      const nonce = request.headers[NONCE_HEADER]
      const peerPort = request.socket.remotePort ?? null
      const seen = { ingress, peer, peerPort, client, proxied, trustedPeer, forwardedFor: [...forwardedFor], proto, host }
      return {
        ...seen,
        nonce: typeof nonce === 'string' ? nonce.slice(0, 64) : null,
        received: received(request.rawHeaders),
        hints: hintsIn(request.rawHeaders),
      }
    },
  }),
  route({
    method: 'GET',
    path: probePaths.echo,
    scope: 'probe',
    about: 'A WebSocket that sends back what it gets. A request that lost its Upgrade on the way is answered with 426.',
    codes: ['UPGRADE_REQUIRED'],
    handle: (call) => {
      call.header('upgrade', 'websocket')
      throw gatewayErrors.UPGRADE_REQUIRED()
    },
  }),
]
