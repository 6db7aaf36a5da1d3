import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { Agent as HttpAgent, type IncomingMessage, request as overHttp } from 'node:http'
import { Agent as HttpsAgent, request as overHttps } from 'node:https'

// A phone as its maker would write it: it shares no line with the gateway, and knows the link that it scanned and what the exchange replied.

/** What the exchange replied. */
interface Told {
  token: string
  baseUrl: string
  lanUrl: string | null
  connectUrls: string[]
  gatewayId: string
  publicKey: string
}

/** An answer, and by which address it came; `tried` are the addresses before it, with what was wrong. */
export interface Heard {
  url: string
  tried: string[]
  status: number
  body: unknown
}

/** What its event stream lives through: `open`, the type of an event, `closed`, or the code of a refusal. */
export interface StreamNews {
  url: string
  what: string
}

/** What goes over one connection. */
interface Line {
  send(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<IncomingMessage>
  close(): void
}

const PATIENCE_MS = 4000
const AGAIN_MS = 100
const fromProxies: ReadonlySet<number> = new Set([502, 503, 504])

/** A phone before it has joined. */
export function createPhone(news: (told: StreamNews) => void) {
  let told: Told | null = null
  let stream: { url: string; end(): void } | null = null
  let lastEventId: string | null = null

  function known(): Told {
    if (told === null) throw new Error('the phone has not joined')
    return told
  }

  /** The address that the code was for first, then the others in their order. */
  function urls(): string[] {
    const { baseUrl, lanUrl, connectUrls } = known()
    return [...new Set([baseUrl, ...connectUrls, ...(lanUrl === null ? [] : [lanUrl])])]
  }

  async function exchange(link: string, deviceName: string): Promise<Heard> {
    const query = new URL(link).searchParams
    const url = query.get('baseUrl') ?? ''
    const line = openLine(url)
    try {
      const body = { pairingSecret: query.get('ps'), deviceName, platform: 'android' }
      const reply = await line.send('POST', '/api/tunnel/exchange-token', { body })
      return { url, tried: [], status: reply.statusCode ?? 0, body: await jsonOf(reply) }
    } finally {
      line.close()
    }
  }

  /** Resolves with a connection to the first address at which the gateway proved itself, and with what was wrong at those before. */
  async function dial<T>(use: (line: Line, url: string, tried: string[]) => Promise<T | string>): Promise<T> {
    const tried: string[] = []
    for (const url of urls()) {
      const line = openLine(url)
      let kept = false
      try {
        const doubt = await proveOver(line, url, known())
        const result = doubt ?? (await use(line, url, tried))
        kept = typeof result !== 'string'
        if (typeof result !== 'string') return result
        tried.push(`${url} ${result}`)
      } catch (error) {
        tried.push(`${url} ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`)
      } finally {
        if (!kept) line.close()
      }
    }
    throw new Error(`no way to the gateway: ${tried.join(', ')}`)
  }

  async function ask(method: string, path: string, body?: unknown): Promise<Heard> {
    const heard = await dial(async (line, url, tried): Promise<Heard | string> => {
      const reply = await line.send(method, path, { body, headers: bearer(known()) })
      const json = await jsonOf(reply)
      if (fromProxies.has(reply.statusCode ?? 0) && !isOurs(json)) return `status ${reply.statusCode}`
      line.close()
      return { url, tried, status: reply.statusCode ?? 0, body: json }
    })
    // A better address works again: the stream moves there, too.
    if (stream !== null && urls().indexOf(heard.url) < urls().indexOf(stream.url)) stream.end()
    return heard
  }

  /** Holds an event stream until it is refused; over the best address that works, again and again. */
  async function listen(): Promise<void> {
    for (;;) {
      try {
        if (!(await listenOnce())) return
      } catch (error) {
        news({ url: '', what: String(error) })
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }

  /** False where the gateway refuses this phone. */
  async function listenOnce(): Promise<boolean> {
    const since = lastEventId === null ? {} : { 'last-event-id': lastEventId }
    return await dial(async (line, url): Promise<boolean | string> => {
      const reply = await line.send('GET', '/api/events', { headers: { ...bearer(known()), accept: 'text/event-stream', ...since } })
      if (reply.statusCode !== 200) {
        const json = await jsonOf(reply)
        line.close()
        if (!isOurs(json)) return `status ${reply.statusCode}`
        news({ url, what: `${reply.statusCode} ${json.code}` })
        return false
      }
      stream = { url, end: () => line.close() }
      news({ url, what: 'open' })
      await readEvents(reply, (type, id) => {
        lastEventId = id ?? lastEventId
        news({ url, what: type })
      })
      stream = null
      line.close()
      news({ url, what: 'closed' })
      return true
    })
  }

  return {
    exchange,
    async join(link: string, deviceName: string): Promise<Omit<Told, 'token'>> {
      const heard = await exchange(link, deviceName)
      if (heard.status !== 200) throw new Error(`not joined: ${heard.status} ${JSON.stringify(heard.body)}`)
      // `as`: what the contract says that an exchange replies.
      const { token, ...rest } = (told = heard.body as Told)
      if (token === '') throw new Error('no token')
      return rest
    },
    ask,
    listen,
  }
}

function bearer({ token }: Told): Record<string, string> {
  return { authorization: `Bearer ${token}` }
}

/** Null where the gateway of the pinned key signed this origin and this nonce; else what is wrong. Nothing secret is sent. */
async function proveOver(line: Line, origin: string, pinned: Told): Promise<string | null> {
  const nonce = randomBytes(24).toString('base64url')
  const reply = await line.send('POST', '/api/gateway-identity/challenge', { body: { nonce, origin } })
  const json = await jsonOf(reply)
  if (reply.statusCode !== 200) return `status ${reply.statusCode}`
  if (!isRecord(json) || !isRecord(json['payload'])) return 'is no gateway'
  const { gatewayId, publicKey, expiresAt, nonce: signed, origin: named } = json['payload']
  if (gatewayId !== pinned.gatewayId || publicKey !== pinned.publicKey) return 'is another gateway'
  const fresh = signed === nonce && named === origin && Number(expiresAt) > Date.now()
  const text = JSON.stringify(['xopc-gateway-route-v1', gatewayId, publicKey, nonce, origin, expiresAt])
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: pinned.publicKey }, format: 'jwk' })
  const proven = verify(null, Buffer.from(text), key, Buffer.from(String(json['signature']), 'base64url'))
  return fresh && proven ? null : 'did not prove itself'
}

/** One connection, so that the proof and what follows it go to the same end. */
function openLine(url: string): Line {
  const secure = new URL(url).protocol === 'https:'
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 })
  return {
    send: async (method, path, { body, headers = {} } = {}) =>
      await new Promise((resolve, reject) => {
        const text = body === undefined ? null : JSON.stringify(body)
        const type: Record<string, string> = text === null ? {} : { 'content-type': 'application/json' }
        const sent = (secure ? overHttps : overHttp)(new URL(path, url), { agent, method, headers: { ...type, ...headers } }, resolve)
        const late = setTimeout(() => sent.destroy(new Error('no answer')), PATIENCE_MS)
        sent.once('response', () => clearTimeout(late))
        sent.once('error', (error) => (clearTimeout(late), reject(error)))
        sent.end(text ?? undefined)
      }),
    close: () => agent.destroy(),
  }
}

async function jsonOf(reply: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of reply.setEncoding('utf8')) text += String(chunk)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Resolves when the stream is over, however it ends. */
async function readEvents(reply: IncomingMessage, tell: (type: string, id: string | null) => void): Promise<void> {
  let rest = ''
  reply.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const type = /^event: (.*)$/m.exec(block)?.[1]
      if (type !== undefined) tell(type, /^id: (.*)$/m.exec(block)?.[1] ?? null)
    }
  })
  await new Promise<void>((resolve) => {
    reply.once('close', resolve)
    // Said by `close` as well.
    reply.on('error', () => {})
  })
}

/** A refusal of the gateway's own, not of something in front of it. */
function isOurs(json: unknown): json is { code: string } {
  return isRecord(json) && typeof json['code'] === 'string'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
