import { createReadStream, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Readable, pipeline } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { catalog } from '../../../src/lib/errors/catalog.ts'
import { startGateway, type RunningGateway } from '../../support/gateway.ts'
import { startUpstream } from '../../support/upstream.ts'

async function withApp(more: Record<string, unknown> = {}): Promise<RunningGateway> {
  const app = await startUpstream()
  return startGateway({ config: { gateway: { upstream: { url: app.url }, ...more } } })
}

/** One exchange by hand: what fetch would not send. */
function raw(gateway: RunningGateway, lines: readonly string[], body = ''): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.setTimeout(20_000, () => socket.destroy(new Error('silence')))
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
  return text(socket)
}

/** The parts of an error reply, its code known to the catalogue. */
function errorOf(reply: string): { code: string; hint?: string; error: string } {
  const error: unknown = JSON.parse(reply.slice(reply.indexOf('{'), reply.lastIndexOf('}') + 1))
  // `as`: the next line says whether it is.
  const told = error as { code: string; error: string }
  expect(Object.keys(catalog)).toContain(told.code)
  return told
}

describe('the app behind the gateway', () => {
  it('that is down: 502 with what to do, and the gateway answers for itself', async () => {
    const gateway = await startGateway({ config: { gateway: { upstream: { url: 'http://127.0.0.1:1' } } } })
    const reply = await gateway.fetch('/x')
    expect([reply.status, errorOf(await reply.text()).code]).toEqual([502, 'UPSTREAM_DOWN'])
    expect((await gateway.fetch('/health')).status).toBe(200)
  })

  it.each([
    ['/reset', 502, 'UPSTREAM_RESET'],
    ['/101', 502, 'UPSTREAM_ANSWER_INVALID'],
    ['/garbage', 502, 'UPSTREAM_ANSWER_INVALID'],
  ])('at %s: %d %s, again and again', async (path, status, code) => {
    const gateway = await withApp()
    for (const method of ['GET', 'POST', 'GET']) {
      const reply = await gateway.fetch(path, { method })
      expect([reply.status, errorOf(await reply.text()).code]).toEqual([status, code])
    }
    expect(await (await gateway.fetch('/')).text()).toContain('hello from the app')
  })

  it.each(['/reset?after=body', '/reset?after=chunk'])('that breaks off at %s: so does the reply', async (path) => {
    const gateway = await withApp()
    const reply = await gateway.fetch(path)
    expect(reply.status).toBe(200)
    await expect(reply.text()).rejects.toThrow(/terminated/)
    expect((await gateway.fetch('/')).status).toBe(200)
  })

  it('that answers 101 to a WebSocket without accepting it: 502', async () => {
    const gateway = await withApp()
    const reply = await raw(gateway, [
      'GET /101 HTTP/1.1',
      `Host: 127.0.0.1:${gateway.port}`,
      `Authorization: Bearer ${gateway.token}`,
      'Connection: Upgrade, close',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ])
    expect([reply.slice(0, 12), errorOf(reply).code]).toEqual(['HTTP/1.1 502', 'UPSTREAM_ANSWER_INVALID'])
  })

  it('that is slow to take 1 GB: the gateway’s memory stays flat, and all of it arrives', { timeout: 90_000 }, async () => {
    const size = 1_000_000_000
    const gateway = await withApp()
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1]) / 1024
    const samples: number[] = []
    const sampler = setInterval(() => samples.push(rss()), 250)
    const upload = request(`${gateway.url}/upload?rate=50000000`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.token}`, 'content-length': size },
    })
    const replied = new Promise<Readable>((resolve, reject) => upload.once('response', resolve).once('error', reject))
    pipeline(createReadStream('/dev/zero', { end: size - 1 }), upload, () => {})
    const reply: unknown = JSON.parse(await text(await replied))
    clearInterval(sampler)
    expect(reply).toMatchObject({ bytes: size })
    // The first seconds grow to what its buffers need; after them nothing more may be kept.
    const settled = samples.slice(Math.floor(samples.length / 4))
    expect(samples.length).toBeGreaterThan(20)
    expect(Math.max(...settled) - Math.min(...settled), `MB: ${samples.map(Math.round).join(' ')}`).toBeLessThan(64)
    expect(Math.max(...samples)).toBeLessThan(300)
  })
})

describe('a request', () => {
  it.each([
    ['X-Forwarded-For: nonsense', 400, 'FORWARDED_INVALID'],
    ['X-Forwarded-For: 192.0.2.1, ,192.0.2.2', 400, 'FORWARDED_INVALID'],
    ['X-Forwarded-Proto: gopher', 400, 'FORWARDED_INVALID'],
    ['X-Forwarded-Proto: https,http', 400, 'FORWARDED_INVALID'],
    ['X-Forwarded-Host: a b', 400, 'FORWARDED_INVALID'],
    ['Host: a', 400, 'HOST_INVALID'],
    ['Origin: null', 403, 'FOREIGN_ORIGIN'],
    ['Origin: not a url', 403, 'FOREIGN_ORIGIN'],
    ['Origin: http://evil.example', 403, 'FOREIGN_ORIGIN'],
  ])('with %j besides: %d %s', async (header, status, code) => {
    const gateway = await withApp({ trustedProxies: ['127.0.0.1'] })
    const own = [`Host: 127.0.0.1:${gateway.port}`, `Authorization: Bearer ${gateway.token}`, 'Connection: close']
    const reply = await raw(gateway, ['GET /xopc/api/status HTTP/1.1', ...own, header])
    expect([reply.slice(9, 12), errorOf(reply).code]).toEqual([String(status), code])
    const { hint = '' } = errorOf(reply)
    if (code === 'FORWARDED_INVALID') expect(hint).toContain(header.split(':', 1)[0])
    // What a stranger sent is never put into a command for the owner to type.
    if (code === 'FOREIGN_ORIGIN') expect(hint).not.toContain(header.slice('Origin: '.length))
    expect((await gateway.fetch('/xopc/api/status')).status).toBe(200)
  })

  it.each([
    ['of rubbish', ['\u001b[2Jrubbish'], '', 400],
    ['for another server', ['GET http://evil.example/ HTTP/1.1', 'Host: x', 'Connection: close'], '', 400],
    ['with an escape in a header', ['GET / HTTP/1.1', 'Host: x', 'X-A: \u001b[31m', 'Connection: close'], '', 400],
    ['with a very long header', ['GET / HTTP/1.1', 'Host: x', `X-A: ${'a'.repeat(100_000)}`], '', 431],
    ['with two lengths', ['POST / HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Transfer-Encoding: chunked'], '0\r\n\r\n', 400],
  ])('%s: refused, and the log holds nothing that a terminal would obey', async (_what, lines, body, status) => {
    const gateway = await withApp()
    expect((await raw(gateway, lines, body)).slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
    expect((await gateway.fetch('/')).status).toBe(200)
    expect(await gateway.log()).not.toMatch(/[^\P{Cc}\n]/u)
  })

  it('that comes one line a second is ended within 12 s, while others are answered', async () => {
    const gateway = await withApp()
    const started = Date.now()
    const socket = connect(gateway.port, '127.0.0.1')
    socket.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: x\r\n')
    const drip = setInterval(() => socket.writable && socket.write('X-Slow: 1\r\n'), 1000)
    const reply = text(socket)
    expect((await gateway.fetch('/')).status).toBe(200)
    expect((await reply).slice(0, 12)).toBe('HTTP/1.1 408')
    clearInterval(drip)
    expect(Date.now() - started).toBeLessThan(12_500)
  })
})
