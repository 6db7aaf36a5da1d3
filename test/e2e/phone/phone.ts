import { isRecord, jsonOf, type Line, openLine, readEvents } from './line.ts'
import { type Pinned, proveOver } from './prove.ts'

// A phone as its maker would write it: it shares no line with the gateway, and knows the link that it scanned and what the exchange replied.

/** What the exchange replied. */
interface Told extends Pinned {
  token: string
  baseUrl: string
  lanUrl: string | null
  connectUrls: string[]
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

/** A refusal of the gateway's own, not of something in front of it. */
function isOurs(json: unknown): json is { code: string } {
  return isRecord(json) && typeof json['code'] === 'string'
}
