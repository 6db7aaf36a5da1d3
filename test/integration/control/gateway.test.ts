import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { openStream, send, startHouse } from './house.ts'

const by = 'socket' as const

describe('the doors', () => {
  it('are the control socket for this user only, and loopback', async () => {
    const house = await startHouse()
    expect(statSync(house.socket).mode & 0o777).toBe(0o600)
    const ids = house.gateway.ingress.list().map(({ id }) => id)
    expect(ids.toSorted()).toEqual(['control', 'local'])
    expect(house.gateway.url()).toBe(`http://127.0.0.1:${house.port}`)
    expect(house.port).toBeGreaterThan(0)
  })

  it('answer /health without the API having been loaded', async () => {
    const house = await startHouse()
    const reply = await house.ask('GET', '/health')
    expect(reply.json()).toMatchObject({ status: 'ok', version: '0.0.0-test' })
    expect(house.xopc.calls).toEqual([])
  })

  it('move to another port without ending the streams that are open', async () => {
    const house = await startHouse()
    const bearer = { headers: { authorization: `Bearer ${house.token}` } }
    const streams = await Promise.all([openStream(house, '/api/events', { by }), openStream(house, '/api/events', bearer)])
    const port = await freePort()
    await house.reconfigure((config) => ({ ...config, gateway: { ...config.gateway, port } }))
    expect(house.gateway.url()).toBe(`http://127.0.0.1:${port}`)
    expect((await send({ port, socket: house.socket, method: 'GET', path: '/health' })).status).toBe(200)
    await expect(house.ask('GET', '/health')).rejects.toThrow('ECONNREFUSED')
    house.xopc.emit('access.state')
    for (const stream of streams) await stream.until((text) => text.includes('access.state'))
    await house.gateway.ingress.close('local')
    await streams[1]?.ended
  })

  it('open and close a socket for a proxy as the configuration says', async () => {
    const house = await startHouse()
    const path = join(house.socket, '../proxy.sock')
    await house.reconfigure((config) => ({ ...config, gateway: { ...config.gateway, proxySocket: path } }))
    expect((await send({ port: 0, socket: path, by, method: 'GET', path: '/health' })).status).toBe(200)
    await house.reconfigure(({ gateway: { proxySocket: _gone, ...gateway }, ...config }) => ({ ...config, gateway }))
    expect(existsSync(path)).toBe(false)
    expect((await house.ask('GET', '/health')).status).toBe(200)
  })
})

/** A port that the kernel just gave and took back. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('stopping', () => {
  it('is done within 3 s with a stream, a WebSocket and an idle connection open, and twice equals once', async () => {
    const house = await startHouse()
    const stream = await openStream(house, '/api/events', { by })
    const socket = new WebSocket(`ws://127.0.0.1:${house.port}/api/probe/ws`, { headers: { authorization: `Bearer ${house.token}` } })
    await new Promise((resolve) => socket.once('open', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const started = performance.now()
    await Promise.all([house.gateway.stop(), house.gateway.stop()])
    expect(performance.now() - started).toBeLessThan(3_000)
    await Promise.all([stream.ended, closed])
    await expect(house.ask('GET', '/health')).rejects.toThrow('ECONNREFUSED')
    expect(existsSync(house.socket)).toBe(false)
  })

  it('lets the reply to POST /api/gateway/stop out first', async () => {
    const house = await startHouse()
    house.xopc.stop = () => {
      void house.gateway.stop()
      return Promise.resolve()
    }
    expect((await house.ask('POST', '/api/gateway/stop', { by })).status).toBe(202)
  })
})

describe('probes', () => {
  it('stream three events with their gaps and no hint against buffering', async () => {
    const house = await startHouse()
    const stream = await openStream(house, '/api/probe/stream', { by })
    expect(stream.headers['x-accel-buffering']).toBeUndefined()
    const first = await stream.until((text) => text.includes('event: probe'))
    expect(first.match(/event: probe/g)).toHaveLength(1)
    expect((await stream.ended).match(/event: probe/g)).toHaveLength(3)
  })

  it('echo over a WebSocket, to who may', async () => {
    const house = await startHouse()
    const url = `ws://127.0.0.1:${house.port}/api/probe/ws`
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${house.token}` } })
    await new Promise((resolve) => socket.once('open', resolve))
    expect(house.gateway.counts().webSockets).toBe(1)
    socket.send('there and back')
    expect(String(await new Promise((resolve) => socket.once('message', resolve)))).toBe('there and back')
    socket.close()
    const stranger = new WebSocket(url)
    const refusal = await new Promise<Error>((resolve) => stranger.once('error', resolve))
    expect(refusal.message).toContain('401')
  })

  it('tell what the gateway saw of the request', async () => {
    const house = await startHouse()
    const headers = { authorization: `Bearer ${house.token}`, 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }
    const reply = await house.ask('GET', '/api/probe/request', { headers })
    expect(reply.json()).toMatchObject({
      ingress: 'local',
      peer: '127.0.0.1',
      client: '127.0.0.1',
      proxied: true,
      forwardedFor: ['203.0.113.9'],
      proto: 'http',
      host: `127.0.0.1:${house.port}`,
    })
  })
})

describe('the configuration', () => {
  const etag = '"v1"'

  it('carries its ETag', async () => {
    const house = await startHouse()
    expect((await house.ask('GET', '/api/config', { by })).headers['etag']).toBe(etag)
  })

  it('is changed with If-Match passed on', async () => {
    const house = await startHouse()
    const reply = await house.ask('PATCH', '/api/config', {
      by,
      headers: { 'if-match': etag },
      body: { 'gateway.port': 1, 'gateway.publicUrl': null },
    })
    expect(reply.headers['etag']).toBe('"v2"')
    expect(house.xopc.calls).toEqual([`patchConfig {"gateway.port":1,"gateway.publicUrl":null} ${etag}`])
    expect(house.audits).toContain('ConfigAudit.changed')
  })

  it.each([
    ['CONFIG_STALE', 412],
    ['CONFIG_NOT_WRITABLE', 409],
  ] as const)('answers %s with %i', async (code, status) => {
    const { configErrors } = await import('../../../src/lib/config/errors.ts')
    const house = await startHouse()
    house.xopc.patchConfig = () => Promise.reject(configErrors[code]({ file: 'xopc.json', reason: 'read-only' }))
    const reply = await house.ask('PATCH', '/api/config', { by, body: {} })
    expect([reply.status, reply.json()['code']]).toEqual([status, code])
  })

  it('lists every problem of a refused change', async () => {
    const { configInvalid } = await import('../../../src/lib/config/problems.ts')
    const house = await startHouse()
    const problem = {
      path: 'gateway.port',
      line: 3,
      column: 5,
      code: 'CONFIG_VALUE',
      message: 'must be a number',
      severity: 'error',
    } as const
    house.xopc.patchConfig = () => Promise.reject(configInvalid('xopc.json', [problem]))
    const reply = await house.ask('PATCH', '/api/config', { by, body: { 'gateway.port': 'x' } })
    expect([reply.status, reply.json()['code'], reply.json()['problems']]).toEqual([422, 'CONFIG_INVALID', [problem]])
  })
})

describe('the phone’s public paths', () => {
  it('ping tells what is here, whether it can pair, and a stranger only the origin it was asked by', async () => {
    const house = await startHouse({ publicUrl: 'https://gateway.test:8443' })
    const ask = (headers: Record<string, string>) => house.ask('GET', '/api/tunnel/pair/ping', { headers })
    const stranger = (await ask({ host: 'gateway.test:8443' })).json()
    expect(stranger).toMatchObject({
      ok: true,
      service: 'xopc-gateway',
      mobilePairing: true,
      pairingReady: true,
      blockReason: null,
      reverseProxyConfigured: true,
    })
    expect(stranger['connectUrls']).toEqual(['https://gateway.test:8443'])
    const owner = (await ask({ authorization: `Bearer ${house.token}` })).json()
    expect(owner['connectUrls']).toEqual(['http://192.168.7.7:18790'])
  })

  it.each([
    ['https://gateway.example.com', true, undefined],
    ['https://gateway.example.com/', true, undefined],
    ['http://192.168.1.5:18790', true, undefined],
    ['http://home.local:18790', true, undefined],
    ['http://gateway.example.com', false, 'INVALID_URL'],
    ['https://gateway.example.com/x', false, 'INVALID_URL'],
    ['https://user@gateway.example.com', false, 'INVALID_URL'],
    ['ftp://gateway.example.com', false, 'INVALID_URL'],
    ['gateway', false, 'INVALID_URL'],
    ['http://127.0.0.1:18790', false, 'LOOPBACK_NOT_REACHABLE'],
    ['http://localhost:18790', false, 'LOOPBACK_NOT_REACHABLE'],
    ['http://[::1]:18790', false, 'LOOPBACK_NOT_REACHABLE'],
  ])('validate-url: %s', async (baseUrl, ok, code) => {
    const house = await startHouse()
    const reply = await house.ask('POST', '/api/tunnel/pair/validate-url', { body: { baseUrl } })
    expect(reply.status).toBe(200)
    expect([reply.json()['ok'], reply.json()['code']]).toEqual([ok, code])
  })
})

describe('descriptions', () => {
  it('OpenAPI names every route with its scope', async () => {
    const house = await startHouse()
    const { paths } = (await house.ask('GET', '/api/openapi.json', { by })).json() as { paths: Record<string, Record<string, unknown>> }
    expect(paths['/api/access/{id}/enable']?.['post']).toMatchObject({ 'x-scope': 'admin' })
    expect(paths['/api/tunnel/pair/ping']?.['get']).toMatchObject({ 'x-scope': 'none', security: [] })
  })

  it('metrics are Prometheus text', async () => {
    const house = await startHouse()
    const { headers, text } = await house.ask('GET', '/metrics', { by })
    expect(headers['content-type']).toContain('version=0.0.4')
    expect(text).toContain('# TYPE xopc_connections gauge\nxopc_connections 1\n')
    for (const line of text.trim().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"\})? \d+)$/)
  })

  it('docs/api.md is what the table says', () => {
    const script = join(import.meta.dirname, '../../../scripts/generate-api-docs.ts')
    expect(spawnSync(process.execPath, [script, '--check'], { timeout: 20_000 }).status).toBe(0)
  })
})
