import { z } from 'zod'
import type { Xopc } from '../../../core/xopc.ts'
import { API_PREFIX } from '../../../protocol/routes.ts'
import type { Exchange } from '../../edge/exchange.ts'
import { gatewayErrors } from '../../errors.ts'
import type { ControlContext } from '../context.ts'
import { reachOf } from '../hosts.ts'
import { ping, validateUrl } from '../replies.ts'
import { route } from '../route.ts'

const PING_PATH = '/api/tunnel/pair/ping'

/** The public paths of the phone, as far as this version goes: it says what it is, and that it does not pair yet. */
export const pairingRoutes = [
  route({
    method: 'GET',
    path: PING_PATH,
    scope: 'none',
    anyHost: true,
    about: 'What answers here, and by which URLs a device may connect. Without a credential only the origin it was asked by.',
    reply: ping,
    handle: async ({ exchange }, context) => ({
      ok: true,
      service: 'xopc-gateway',
      apiBase: `${API_PREFIX}/api`,
      mobilePairing: false,
      pairingReady: false,
      blockReason: 'PAIRING_NOT_IN_THIS_VERSION',
      tunnelConnected: false,
      reverseProxyConfigured: context.config.current().gateway.publicUrl !== undefined,
      connectUrls: await connectUrls(exchange, context),
    }),
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
    about: 'Belongs to pairing, which a later version brings.',
    codes: ['PAIRING_NOT_IN_THIS_VERSION'],
    handle: () => {
      throw gatewayErrors.PAIRING_NOT_IN_THIS_VERSION()
    },
  }),
]

async function connectUrls(exchange: Exchange, { xopc, config }: ControlContext): Promise<string[]> {
  const cameBy = exchange.ingress === 'control' ? [] : [`${exchange.proto}://${exchange.host}`]
  const known = exchange.principal.scopes.has('read') ? [config.current().gateway.publicUrl, ...(await urlsOf(xopc))] : []
  const lan = exchange.ingress === 'lan' ? await urlsOf(xopc) : []
  return [...new Set([...known, ...cameBy, ...lan])].filter((url) => url !== undefined && isForDevices(url)).map(String)
}

async function urlsOf(xopc: Xopc): Promise<string[]> {
  const { methods } = await xopc.overview()
  return methods.flatMap(({ state }) => ('urls' in state ? state.urls : []))
}

function isForDevices(url: string): boolean {
  return URL.canParse(url) && reachOf(new URL(url).hostname) !== 'loopback'
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
