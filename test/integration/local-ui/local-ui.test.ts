import { readdir, stat, readFile, utimes, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeRedirect } from '../../../src/lib/local-ui/redirect-file.ts'
import { createSocketSend } from '../../../src/lib/remote/control-socket.ts'
import { type LocalUi, openLocalUi } from '../../../src/lib/local-ui/server.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { answers } from '../../support/ports.ts'
import { type HandClock, handClock } from '../../unit/core/hand-clock.ts'

const page = {
  document: '<!doctype html><html><head></head><body></body></html>',
  files: new Map([['/xopc/assets/main.js', { type: 'text/javascript; charset=utf-8', bytes: Buffer.from('1') }]]),
}

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startGateway()
})

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

interface Opened {
  ui: LocalUi
  clock: HandClock
  code: string
  /** With the headers that a page of ours has, unless others are given. */
  ask(method: string, path: string, options?: { headers?: Record<string, string>; body?: string }): Promise<Answer>
  /** The key, for the code. */
  enter(): Promise<string>
}

async function opened(socketPath = gateway.controlSocket): Promise<Opened> {
  const clock = handClock()
  const ui = await openLocalUi({ ask: createSocketSend(socketPath), port: 0, page, clock })
  atEnd(() => ui.close())
  const code = new URL(ui.link).hash.slice('#code='.length)
  const ours = { host: new URL(ui.url).host, origin: ui.url, 'content-type': 'application/json' }
  const ask: Opened['ask'] = (method, path, { headers = {}, body } = {}) => send(ui.port, method, path, { ...ours, ...headers }, body)
  const enter = async (): Promise<string> => {
    const { text } = await ask('POST', '/xopc/ui/session', { body: JSON.stringify({ code }) })
    return (JSON.parse(text) as { key: string }).key
  }
  return { ui, clock, code, ask, enter }
}

/** Headers with an empty value are left out. */
function send(port: number, method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers: given, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    asked.once('error', reject).end(body)
  })
}

const codeOf = ({ text }: Answer): unknown => (JSON.parse(text) as { code: unknown }).code

describe('the link', () => {
  it('opens the page once: the second use is refused, and the first tab goes on', async () => {
    const { ask, code, enter } = await opened()
    const key = await enter()
    const again = await ask('POST', '/xopc/ui/session', { body: JSON.stringify({ code }) })
    expect([again.status, codeOf(again)]).toEqual([401, 'UI_LINK_INVALID'])
    expect((await ask('GET', '/xopc/api/overview', { headers: { 'x-xopc-token': key } })).status).toBe(200)
  })

  it('is worth nothing after 60 s, in a moment before it is', async () => {
    const late = await opened()
    await late.clock.advance(60_000)
    const stolen = await late.ask('POST', '/xopc/ui/session', { body: JSON.stringify({ code: late.code }) })
    expect([stolen.status, codeOf(stolen)]).toEqual([401, 'UI_LINK_INVALID'])
    await late.ui.over
    const inTime = await opened()
    await inTime.clock.advance(59_999)
    expect(await inTime.enter()).toMatch(/^xopc_uk_[\w-]{43}$/)
  })

  it.each([
    ['another code', '{"code":"x"}', 'application/json'],
    ['no code', '{}', 'application/json'],
    ['no JSON', 'code', 'application/json'],
    ['the type of a form', null, 'text/plain'],
  ])('is not used up by a wrong exchange: %s', async (_, body, type) => {
    const { ask, code, enter } = await opened()
    const wrong = await ask('POST', '/xopc/ui/session', { headers: { 'content-type': type }, body: body ?? JSON.stringify({ code }) })
    expect([wrong.status, codeOf(wrong)]).toEqual([401, 'UI_LINK_INVALID'])
    expect(await enter()).toMatch(/^xopc_uk_/)
  })

  it('is not read out of a body that is too long', async () => {
    const { ask, code } = await opened()
    const wrong = await ask('POST', '/xopc/ui/session', { body: JSON.stringify({ code, more: 'x'.repeat(2000) }) })
    expect(wrong.status).toBe(401)
  })

  it('of two exchanges at once one wins', async () => {
    const { ask, code } = await opened()
    const both = await Promise.all([1, 2].map(() => ask('POST', '/xopc/ui/session', { body: JSON.stringify({ code }) })))
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })
})

describe('strangers', () => {
  it.each([
    ['A30: a name that only leads here', 'GET', '/', { host: 'evil.example' }, 421],
    ['A30: another port', 'GET', '/', { host: '127.0.0.1:1' }, 421],
    ['A30: localhost, which cookies and pages of others share', 'GET', '/', { host: 'localhost' }, 421],
    ['A33: a form elsewhere', 'POST', '/xopc/ui/session', { origin: 'https://evil.example', 'content-type': 'text/plain' }, 403],
    ['A33: a form without an origin', 'POST', '/xopc/ui/session', { origin: '' }, 403],
    ['A33: an opaque origin', 'POST', '/xopc/ui/session', { origin: 'null' }, 403],
    ['A33: a preflight', 'OPTIONS', '/xopc/api/overview', { origin: 'https://evil.example' }, 403],
    ['another port of this computer', 'GET', '/xopc/api/overview', { origin: 'http://127.0.0.1:1' }, 403],
    ['the gateway’s own page', 'POST', '/xopc/api/gateway/stop', { origin: 'http://127.0.0.1:18790' }, 403],
  ])('%s', async (_, method, path, headers, status) => {
    const { ask, enter } = await opened()
    const key = await enter()
    const answer = await ask(method, path, { headers: { 'x-xopc-token': key, ...headers } })
    expect(answer.status).toBe(status)
    expect(answer.text).not.toContain('<html>')
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  it.each([
    ['no key', {}],
    ['another key', { 'x-xopc-token': 'xopc_uk_x' }],
    ['a key as a cookie or a Bearer', { cookie: 'KEY', authorization: 'Bearer KEY' }],
  ])('are told nothing by the API: %s', async (_, headers) => {
    const { ask, enter } = await opened()
    const key = await enter()
    const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('KEY', key)]))
    for (const path of ['/xopc/api/overview', '/xopc/api/config', '/health']) {
      const answer = await ask('GET', path, { headers: given })
      expect([answer.status, codeOf(answer)]).toEqual([401, 'UI_KEY_MISSING'])
    }
  })

  it('get no key of another `xopc ui`', async () => {
    const [one, other] = [await opened(), await opened()]
    await other.enter()
    expect((await other.ask('GET', '/xopc/api/overview', { headers: { 'x-xopc-token': await one.enter() } })).status).toBe(401)
  })
})

describe('the page', () => {
  it.each([
    ['/', 200, 'data-face="ui"'],
    ['/?x=1', 200, 'data-view="overview"'],
    ['/xopc/', 200, 'data-face="ui"'],
    ['/xopc/assets/main.js', 200, '1'],
    ['/xopc/../etc/passwd', 404, 'UI_NOT_FOUND'],
    ['/api/overview', 404, 'UI_NOT_FOUND'],
    ['http://evil.example/', 404, 'UI_NOT_FOUND'],
  ])('%s', async (path, status, wanted) => {
    const { ask } = await opened()
    const answer = await ask('GET', path)
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(wanted)])
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';.*frame-ancestors 'none'/)
    expect(answer.headers).toMatchObject({ 'x-frame-options': 'DENY', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    expect(answer.headers['set-cookie']).toBeUndefined()
  })
})

describe('what its tab asks', () => {
  it('goes to the gateway as the owner, and comes back without a cookie', async () => {
    const { ask, enter } = await opened()
    const headers = { 'x-xopc-token': await enter() }
    expect((await ask('GET', '/xopc/api/devices', { headers })).text).toBe('[]')
    expect((await ask('GET', '/health', { headers })).status).toBe(200)
    expect((await ask('PATCH', '/xopc/api/config', { headers, body: '{}' })).status).toBe(200)
    const session = await ask('POST', '/xopc/api/session', { headers, body: JSON.stringify({ token: gateway.token }) })
    expect(session.headers['set-cookie']).toBeUndefined()
  })

  it('streams, until the server closes', async () => {
    const { ui, enter } = await opened()
    const headers = { origin: ui.url, accept: 'text/event-stream', 'x-xopc-token': await enter() }
    const response = await fetch(`${ui.url}/xopc/api/events`, { headers })
    const reader = (response.body ?? new ReadableStream()).getReader()
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toContain('connected')
    await ui.close()
    await expect(reader.read()).rejects.toThrow()
    expect(await answers({ host: '127.0.0.1', port: ui.port })).toBe(false)
  })

  it('gets the head of a stream before its first event', async () => {
    const socketPath = join(await tempFolder(), 'control.sock')
    const silent = createServer((_, res) => res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders())
    await new Promise<void>((resolve) => silent.listen(socketPath, resolve))
    const { ui, enter } = await opened(socketPath)
    const response = await fetch(`${ui.url}/xopc/api/events`, { headers: { 'x-xopc-token': await enter() } })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await ui.close()
    silent.close()
  })

  it('does not keep the server from ending, also where it never comes to an end', async () => {
    const { ui } = await opened()
    const socket = connect(ui.port, '127.0.0.1')
    await once(socket, 'connect')
    // A reset is an end, too.
    const gone = new Promise((resolve) => socket.on('error', resolve).on('close', resolve))
    socket.write('GET / HT')
    await ui.close()
    await gone
  }, 5_000)

  it('is answered with what to type where the gateway is gone', async () => {
    const folder = await tempFolder()
    const { ask, enter } = await opened(join(folder, 'control.sock'))
    const answer = await ask('GET', '/xopc/api/overview', { headers: { 'x-xopc-token': await enter() } })
    expect([answer.status, codeOf(answer)]).toEqual([502, 'UI_GATEWAY_GONE'])
    expect(answer.text).toContain('xopc gateway')
  })
})

it('a port that is taken is said', async () => {
  const { ui } = await opened()
  const second = openLocalUi({ ask: createSocketSend(gateway.controlSocket), port: ui.port, page, clock: handClock() })
  await expect(second).rejects.toMatchObject({ code: 'UI_PORT_TAKEN', exit: 1 })
})

it('the file that leads a browser to the link is ours alone, and what a killed one left goes', async () => {
  const folder = await tempFolder()
  await writeFile(join(folder, 'ui-1.html'), 'old')
  await utimes(join(folder, 'ui-1.html'), 1, 1)
  await writeFile(join(folder, 'ui-2.html'), 'of one that runs')
  const path = await writeRedirect(folder, { port: 3, link: 'http://127.0.0.1:3/#code=abc', now: Date.now() })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toContain('url=http://127.0.0.1:3/#code=abc')
  expect((await readdir(folder)).toSorted()).toEqual(['ui-2.html', 'ui-3.html'])
})
