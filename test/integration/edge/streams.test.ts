import { createHash } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createUpstream } from '../../../src/lib/gateway/edge/upstream.ts'
import { appOf, ask, dial, startApp, startEdge, TOKEN, until } from './support.ts'
import { createStreams } from '../../../src/lib/gateway/edge/limits.ts'
import { upstreamTarget } from '../../../src/lib/gateway/edge/upstream-target.ts'

const app = await startApp('--events')
const edge = await startEdge({ upstream: { url: app.url } })
const headers = { Authorization: `Bearer ${TOKEN}` }

function open(path: string, method = 'GET'): { req: ReturnType<typeof request>; answer: Promise<IncomingMessage> } {
  const req = request({ host: '127.0.0.1', port: edge.port, path, method, headers, agent: false })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    req.once('response', resolve)
    req.on('error', reject)
  })
  return { req, answer }
}

/** Resolves when the app says that this happened to this path. */
async function happens(event: string, path: string): Promise<void> {
  for (;;) {
    const line = await app.next()
    if (line['event'] === event && line['path'] === path) return
  }
}

describe('SSE', () => {
  it('sends headers at once and every event as it is written', async () => {
    const began = Date.now()
    const { req, answer } = open('/events?count=5&every=150&first=400')
    req.end()
    const res = await answer
    expect(Date.now() - began).toBeLessThan(350)
    const delays: number[] = []
    for await (const chunk of res as AsyncIterable<Buffer>) {
      for (const [, sent] of chunk.toString().matchAll(/"sentAt":(\d+)/g)) delays.push(Date.now() - Number(sent))
    }
    expect(delays).toHaveLength(5)
    expect(Math.max(...delays)).toBeLessThan(100)
  })

  it('tells the app when the client goes', async () => {
    const { req, answer } = open('/events?count=0&every=20')
    req.end()
    const res = await answer
    res.once('data', () => req.destroy())
    await happens('aborted', '/events?count=0&every=20')
  })

  it('tells the app when the client goes before the answer', async () => {
    const { req, answer } = open('/slow?ms=5000')
    answer.catch(() => undefined)
    req.end()
    await until(() => edge.edge.counts().requests > 0)
    setTimeout(() => req.destroy(), 100)
    await happens('aborted', '/slow?ms=5000')
  })

  it('counts towards maxSseConnections', async () => {
    const small = await startEdge({ upstream: { url: app.url }, maxSseConnections: 1 })
    const req = request({ host: '127.0.0.1', port: small.port, path: '/events?count=0', headers, agent: false })
    req.on('error', () => undefined)
    const first = new Promise<void>((resolve) =>
      req.once('response', (res) => res.once('data', () => resolve()).on('error', () => undefined)),
    )
    req.end()
    await first
    expect(small.streams.count()).toBe(1)
    const second = await ask(small.port, '/events?count=1')
    expect([second.status, JSON.parse(second.body)]).toEqual([503, expect.objectContaining({ code: 'UPSTREAM_STREAMS_FULL' })])
    req.destroy()
    await until(() => small.streams.count() === 0)
    expect((await ask(small.port, '/events?count=1')).status).toBe(200)
  })
})

describe('uploads', () => {
  it('stream both ways at once', async () => {
    const { req, answer } = open('/echo', 'POST')
    req.write('one')
    const res = await answer
    const heard: string[] = []
    res.on('data', (chunk: Buffer) => heard.push(chunk.toString()))
    await until(() => heard.join('') === 'one')
    req.write('two')
    await until(() => heard.join('') === 'onetwo')
    req.end('three')
    await until(() => res.complete)
    expect(heard.join('')).toBe('onetwothree')
  })

  it('of 300 MB to a slow app arrive whole, while memory stays flat', async () => {
    const size = 300_000_000
    const chunk = Buffer.alloc(1_000_000, 'x')
    const sha = createHash('sha256')
    const { req, answer } = open('/upload?rate=60000000', 'POST')
    const before = process.memoryUsage().rss
    let peak = before
    for (let sent = 0; sent < size; sent += chunk.length) {
      sha.update(chunk)
      if (!req.write(chunk)) await new Promise((resolve) => req.once('drain', resolve))
      peak = Math.max(peak, process.memoryUsage().rss)
    }
    req.end()
    const res = await answer
    let body = ''
    for await (const part of res as AsyncIterable<Buffer>) body += part.toString()
    expect(JSON.parse(body)).toEqual({ bytes: size, sha256: sha.digest('hex') })
    // Client and gateway share this process.
    expect((peak - before) / 1e6).toBeLessThan(120)
  })

  it('that the client breaks off end at the app, too', async () => {
    const { req, answer } = open('/upload', 'POST')
    answer.catch(() => undefined)
    req.write('x'.repeat(100_000))
    setTimeout(() => req.destroy(), 100)
    await happens('aborted', '/upload')
  })

  it('say 100 Continue only once the credential was good', async () => {
    const put = (bare: boolean) =>
      new Promise<string[]>((resolve, reject) => {
        const req = request({
          host: '127.0.0.1',
          port: edge.port,
          path: '/echo',
          method: 'POST',
          headers: { ...(bare ? {} : headers), Expect: '100-continue', 'Content-Length': '5' },
          agent: false,
        })
        const steps: string[] = []
        req.once('continue', () => {
          steps.push('continue')
          req.end('hello')
        })
        req.once('response', (res) => {
          steps.push(String(res.statusCode))
          res
            .resume()
            .once('end', () => resolve(steps))
            .once('error', reject)
          req.destroy()
        })
        req.flushHeaders()
      })
    expect(await put(true).catch(() => ['401'])).toEqual(['401'])
    const { req, answer } = open('/echo', 'POST')
    req.end('x')
    expect((await answer).statusCode).toBe(200)
  })
})

describe('downloads', () => {
  it('of 200 MB to a slow reader keep memory flat', async () => {
    const { req, answer } = open('/bytes?size=200000000')
    req.end()
    const res = await answer
    const before = process.memoryUsage().rss
    let peak = before
    let bytes = 0
    for await (const chunk of res as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
      peak = Math.max(peak, process.memoryUsage().rss)
    }
    expect(bytes).toBe(200_000_000)
    expect((peak - before) / 1e6).toBeLessThan(120)
  })

  it('stop at the app while nobody reads', async () => {
    let written = 0
    const url = await appOf((_req, res) => {
      const chunk = Buffer.alloc(1_000_000)
      const more = (): void => {
        while (written < 400_000_000 && !res.destroyed) {
          written += chunk.length
          if (!res.write(chunk)) return void res.once('drain', more)
        }
        res.end()
      }
      more()
    })
    const other = await startEdge({ upstream: { url } })
    const socket = await dial(other.port)
    socket.pause()
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
    let last = -1
    while (last !== written) {
      last = written
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(written).toBeGreaterThan(0)
    expect(written).toBeLessThan(60_000_000)
    socket.destroy()
  })
})

it('an app that does not answer in time is 504 UPSTREAM_TIMEOUT, also after an upload', async () => {
  const target = upstreamTarget(app.url)
  const upstream = createUpstream({ target, streams: createStreams({ max: () => 10 }), maxStreams: () => 10, answerTimeoutMs: 1_500 })
  const principal = { kind: 'owner', id: 'owner', scopes: new Set() } as const
  const url = await appOf((req, res) => {
    const hasBody = req.method === 'POST'
    const exchange = { client: '127.0.0.1', proto: 'http', host: 'a', target: req.url, principal }
    const passage = { exchange, head: { hasBody, connection: undefined }, travel: { bearer: false, apiKey: false, basic: null } }
    // A part of an exchange is all that this way looks at.
    upstream.pass(req, res, passage as unknown as Parameters<typeof upstream.pass>[2])
  })
  const port = Number(new URL(url).port)
  for (const method of ['GET', 'POST']) {
    const reply = await ask(port, '/slow?ms=8000', { method, ...(method === 'POST' ? { body: 'x' } : {}) })
    expect([reply.status, JSON.parse(reply.body)]).toEqual([504, expect.objectContaining({ code: 'UPSTREAM_TIMEOUT' })])
  }
  const upload = await ask(port, '/upload?rate=8000000', { method: 'POST', body: 'x'.repeat(20_000_000) })
  expect(upload.status).toBe(200)
  await upstream.close()
})

describe('WebSocket', () => {
  const dialWs = (path: string, options: ConstructorParameters<typeof WebSocket>[2] = {}, protocols: string[] = []): WebSocket =>
    new WebSocket(`ws://127.0.0.1:${edge.port}${path}`, protocols, { headers, ...options })
  const opened = (ws: WebSocket) =>
    new Promise<WebSocket>((resolve, reject) => {
      ws.once('open', () => resolve(ws))
      ws.once('error', reject)
    })
  const heard = (ws: WebSocket) => new Promise<Buffer>((resolve) => ws.once('message', (data: Buffer) => resolve(data)))
  const refusal = (ws: WebSocket) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      ws.once('open', () => reject(new Error('was opened')))
      ws.on('error', () => undefined)
      ws.once('unexpected-response', (_req, res) => {
        let body = ''
        res.on('data', (chunk: Buffer) => (body += chunk.toString()))
        res.once('end', () => resolve({ status: res.statusCode ?? 0, body }))
      })
    })

  it('carries text, binary, subprotocol, large messages and close codes', async () => {
    const ws = await opened(dialWs('/ws', {}, ['echo', 'other']))
    expect(ws.protocol).toBe('echo')
    ws.send('hello')
    expect((await heard(ws)).toString()).toBe('hello')
    ws.send(Buffer.from([0, 1, 255]))
    expect([...(await heard(ws))]).toEqual([0, 1, 255])
    ws.send('size:5000000')
    expect(await heard(ws)).toHaveLength(5_000_000)
    const closed = new Promise((resolve) => ws.once('close', (code, reason) => resolve([code, reason.toString()])))
    ws.send('close')
    expect(await closed).toEqual([4001, 'as asked'])
  })

  it('ends at the app when the client goes, and at the client when the app goes', async () => {
    const ws = await opened(dialWs('/ws'))
    ws.terminate()
    await happens('closed', '/ws')
    const other = await opened(dialWs('/ws-reset'))
    const closed = new Promise<number>((resolve) => other.once('close', resolve))
    other.on('error', () => undefined)
    other.send('x')
    expect(await closed).toBe(1006)
    await until(() => edge.edge.counts().webSockets === 0)
  })

  it('passes the refusal of the app on', async () => {
    expect(await refusal(dialWs('/ws-deny'))).toEqual({ status: 403, body: 'no' })
  })

  it.each([['/ws-bad'], ['/101']])('%s: a 101 without the handshake is 502', async (path) => {
    const { status, body } = await refusal(dialWs(path))
    expect([status, JSON.parse(body)]).toEqual([502, expect.objectContaining({ code: 'UPSTREAM_ANSWER_INVALID' })])
  })

  it.each([
    ['without a token', {}, 401, 'missing_token'],
    ['with a wrong token', { Authorization: 'Bearer wrong' }, 401, 'invalid_token'],
    ['from a foreign page', { ...headers, Origin: 'https://evil.example' }, 403, 'FOREIGN_ORIGIN'],
    ['from a page without origin', { ...headers, Origin: 'null' }, 403, 'FOREIGN_ORIGIN'],
  ])('%s is refused before any frame', async (_, given, status, code) => {
    const got = await refusal(dialWs('/ws', { headers: given as Record<string, string> }))
    expect([got.status, JSON.parse(got.body)]).toEqual([status, expect.objectContaining({ code })])
  })

  it('takes a ticket, once', async () => {
    const { ticket } = edge.tickets.issue('ws', { kind: 'owner', id: 'owner', scopes: new Set(['read', 'run']) })
    const ws = await opened(dialWs(`/ws?ticket=${ticket}`, { headers: {} }))
    ws.terminate()
    expect((await refusal(dialWs(`/ws?ticket=${ticket}`, { headers: {} }))).status).toBe(401)
  })

  it('to an app that is down is 502', async () => {
    const other = await startEdge({ upstream: { url: 'http://127.0.0.1:1' } })
    const got = await refusal(new WebSocket(`ws://127.0.0.1:${other.port}/ws`, { headers }))
    expect([got.status, JSON.parse(got.body)]).toEqual([502, expect.objectContaining({ code: 'UPSTREAM_DOWN' })])
  })
})
