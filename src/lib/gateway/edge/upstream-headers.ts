import { isIP } from 'node:net'
import { userOf } from './principals.ts'
import type { Exchange } from './exchange.ts'
import { headerKind } from './header-kinds.ts'
import { dashedName, namedBy } from './header-names.ts'

/** Which of the request's credentials belong to the app, and what the gateway says for itself. */
export interface Travel {
  bearer: boolean
  apiKey: boolean
  /** `Authorization` from the userinfo of `gateway.upstream.url`, in place of the client's. */
  basic: string | null
  /** Names (see `dashedName`) of headers that say who somebody is besides those that always do; null where there are none. */
  identity: ReadonlySet<string> | null
}

/**
 * The headers of a request as the app gets them, as pairs: without what belongs to this hop or to us, with the X-Forwarded-* and
 * `X-Xopc-User` of ours. The app trusts those, so nothing of the kind comes from the client, by whatever spelling.
 */
export function requestHeaders(raw: readonly string[], exchange: Exchange, travel: Travel, connection: string | undefined): string[] {
  const named = namedBy(connection)
  const out: string[] = []
  let framed = false
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const value = raw[index + 1] ?? ''
    if (named?.has(dashedName(name))) continue
    switch (headerKind(name)) {
      case 'plain':
        if (travel.identity === null || !travel.identity.has(dashedName(name))) out.push(name, value)
        break
      case 'origin':
      case 'via':
        out.push(name, value)
        break
      case 'authorization':
        if (travel.bearer && travel.basic === null) out.push(name, value)
        break
      case 'api-key':
        if (travel.apiKey) out.push(name, value)
        break
      case 'content-length':
        // Node has refused differing lengths already; undici takes one.
        if (!framed) out.push(name, value)
        framed = true
        break
      case 'cookie': {
        const cookies = withoutOurCookies(value)
        if (cookies !== '') out.push(name, cookies)
        break
      }
      default:
        break
    }
  }
  addOurs(out, exchange, travel)
  return out
}

function addOurs(out: string[], exchange: Exchange, { basic }: Travel): void {
  // A socket's peer has no address; then there is nothing true to say.
  if (isIP(exchange.client) !== 0) out.push('X-Forwarded-For', exchange.client)
  out.push('X-Forwarded-Proto', exchange.proto, 'X-Forwarded-Host', exchange.host)
  if (exchange.principal.kind !== 'anonymous') out.push('X-Xopc-User', userOf(exchange.principal))
  if (basic !== null) out.push('Authorization', basic)
}

/** Whether a cookie is the gateway's, by its name. All names with our prefix are. */
function isOurCookie(pair: string): boolean {
  return /^\s*(?:__Host-|__Secure-)?xopc_/i.test(pair)
}

function withoutOurCookies(header: string): string {
  if (!/xopc_/i.test(header)) return header
  return header
    .split(';')
    .filter((pair) => !isOurCookie(pair))
    .join(';')
    .trim()
}

const droppedReplies: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'transfer-encoding',
  'upgrade',
  'trailer',
  'te',
  // Would let a worker of the app reach beyond its folder, over /xopc/.
  'service-worker-allowed',
])

/** The app's reply headers as the client gets them, as pairs: without what belongs to that hop, cookies of our names and `Service-Worker-Allowed`; all else untouched. */
export function replyHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): string[] {
  const { connection } = headers
  const named = namedBy(Array.isArray(connection) ? connection.join(',') : connection)
  const out: string[] = []
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || droppedReplies.has(name) || named?.has(dashedName(name))) continue
    if (typeof value === 'string') push(out, name, value)
    else for (const each of value) push(out, name, each)
  }
  return out
}

function push(out: string[], name: string, value: string): void {
  if (name === 'set-cookie' && isOurCookie(value)) return
  out.push(name, value)
}
