import { z } from 'zod'
import { connectUrls, isForDevices, pairContext } from '../../../core/pair-context.ts'
import { API_PREFIX, PING_PATH } from '../../../protocol/routes.ts'
import type { Exchange } from '../../edge/exchange.ts'
import { join, joinBody } from '../join.ts'
import { reachOf } from '../../../protocol/reach.ts'
import { joined, ping, validateUrl } from '../pairing-replies.ts'
import { route } from '../route.ts'

/** The public paths of a phone: what answers here, whether an address can be used, and joining by a code. */
export const phoneRoutes = [
  route({
    method: 'GET',
    path: PING_PATH,
    scope: 'none',
    anyHost: true,
    about: 'What answers here, and by which URLs a device may connect. Without a credential only the origin it was asked by.',
    reply: ping,
    handle: async ({ exchange }, { xopc, config }) => {
      const overview = await xopc.overview()
      const { blockReason } = pairContext(overview)
      const tunnel = overview.methods.find(({ id }) => id === 'tunnel')?.state
      return {
        ok: true,
        service: 'xopc-gateway',
        apiBase: `${API_PREFIX}/api`,
        mobilePairing: true,
        pairingReady: blockReason === null,
        blockReason,
        tunnelConnected: tunnel?.phase === 'on' && tunnel.verified !== null,
        reverseProxyConfigured: config.current().gateway.publicUrl !== undefined,
        connectUrls: urlsFor(exchange, connectUrls(overview)),
      }
    },
  }),
  route({
    method: 'POST',
    path: '/api/tunnel/pair/validate-url',
    scope: 'none',
    about: 'Whether a device could use this base URL; looks nothing up.',
    body: z.strictObject({ baseUrl: z.string().max(2048) }),
    reply: validateUrl,
    handle: ({ body }) => judgeBaseUrl(body.baseUrl),
  }),
  route({
    method: 'POST',
    path: '/api/tunnel/exchange-token',
    scope: 'none',
    about:
      'Exchanges a pairing code, once, for a credential of the device’s own: a token, or with `as: "cookie"` (a browser’s code, at the address that it was made for) a cookie.',
    body: joinBody,
    reply: joined,
    codes: ['DEVICE_NOT_SAVED', 'PAIRING_BLOCKED', 'PAIRING_INVALID'],
    handle: join,
  }),
]

/** A stranger learns only the address that it used itself, and on the local network those of the local network. */
function urlsFor({ ingress, proto, host, principal }: Exchange, known: readonly string[]): string[] {
  const cameBy = ingress === 'control' ? [] : [`${proto}://${host}`].filter(isForDevices)
  const lan = known.filter((url) => url.startsWith('http:'))
  if (principal.scopes.has('read')) return [...new Set([...known, ...cameBy])]
  return [...new Set([...cameBy, ...(ingress === 'lan' ? lan : [])])]
}

function judgeBaseUrl(baseUrl: string): z.output<typeof validateUrl> {
  const url = URL.parse(baseUrl.trim())
  if (url === null || !isBase(url)) {
    return {
      ok: false,
      code: 'INVALID_URL',
      message: 'This is not a base URL: https://host, or http:// on a private network, and nothing after it.',
    }
  }
  if (reachOf(url.hostname) === 'loopback') {
    return { ok: false, code: 'LOOPBACK_NOT_REACHABLE', message: 'This address is the device itself, not the gateway’s computer.' }
  }
  return { ok: true, url: url.origin, loopback: false, probePath: PING_PATH }
}

function isBase({ protocol, hostname, pathname, search, hash, username, password }: URL): boolean {
  const bare = pathname === '/' && search + hash + username + password === ''
  return bare && (protocol === 'https:' || (protocol === 'http:' && reachOf(hostname) !== 'public'))
}
