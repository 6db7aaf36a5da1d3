import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { get } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createTestCa } from '../../support/certs.ts'
import { atEnd } from '../../support/cleanup.ts'
import { frpcFacts, startFrpc, startFrps } from '../../support/frp.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'

// Brings about what test/fixtures/frpc holds. What a server answers that is no frps, and certificates: tests of attack A72 have them.

needsPeer(['frpc', 'frps'], 'a real frpc and a real frps', (frpc, frps) => {
  it('it is served, and a visitor comes while our own socket is away', async () => {
    const server = await startFrps(frps)
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    await client.event('connecting')
    await client.event('logged-in')
    await client.event('serving')
    get({ host: '127.0.0.1', port: server.vhostPort, headers: { host: 'gwtest.t.test' } }, (answer) => answer.resume())
    expect((await client.event('local')).reason).toMatch(/no such file/)
    await client.stop()
  })

  it('the server ends, and comes back', async () => {
    const server = await startFrps(frps)
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    await client.event('serving')
    await server.stop()
    await client.event('connecting')
    expect((await client.event('unreachable')).reason).toMatch(/connection refused/)
    const next = await startFrps(frps, { port: server.port })
    await client.event('serving')
    await client.stop()
    await next.stop()
  })

  it('the server hangs: it is noticed by the heartbeats', async () => {
    const server = await startFrps(frps)
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    await client.event('serving')
    process.kill(server.pid, 'SIGSTOP')
    const since = Date.now()
    expect(await client.event('lost', 25_000)).toEqual({ kind: 'lost', reason: 'heartbeat timeout', word: null })
    expect(Date.now() - since).toBeLessThan(20_000)
    process.kill(server.pid, 'SIGCONT')
    await client.stop()
  })

  it.each(['auth', 'refused', 'busy'] as const)('the plugin says xopc:%s to a login: frpc ends', async (word) => {
    const server = await startFrps(frps, { plugin: (op) => (op === 'Login' ? `xopc:${word} because of it` : null) })
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    expect(await client.event('login-refused')).toEqual({ kind: 'login-refused', reason: `xopc:${word} because of it`, word })
    expect(await client.exited).toBe(1)
  })

  it.each(['auth', 'refused', 'busy'] as const)('the plugin says xopc:%s to a proxy: frpc stays', async (word) => {
    const server = await startFrps(frps, { plugin: (op) => (op === 'NewProxy' ? `xopc:${word} because of it` : null) })
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    expect(await client.event('proxy-refused')).toEqual({ kind: 'proxy-refused', reason: `xopc:${word} because of it`, word })
    expect(client.events().map(({ kind }) => kind)).toEqual(['connecting', 'logged-in', 'proxy-refused'])
    await client.stop()
  })

  it('the plugin ends a lease that runs, within one heartbeat', async () => {
    let ended = false
    const server = await startFrps(frps, { plugin: () => (ended ? 'xopc:auth the lease ended' : null) })
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    await client.event('serving')
    ended = true
    expect(await client.event('lost')).toMatchObject({ word: 'auth' })
    expect(await client.event('login-refused')).toMatchObject({ word: 'auth' })
    await client.stop()
  })

  it('frps itself refuses: another token, a name that is in use', async () => {
    const closed = await startFrps(frps, { token: 'of frps' })
    const stranger = await startFrpc(frpc, await frpcFacts({ serverPort: closed.port }))
    expect(await stranger.event('login-refused')).toMatchObject({ word: null, reason: expect.stringMatching(/token/) })
    const server = await startFrps(frps)
    const first = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    await first.event('serving')
    const second = await startFrpc(frpc, await frpcFacts({ serverPort: server.port }))
    expect((await second.event('proxy-refused')).reason).toBe('proxy [gw-test] already exists')
    const third = await startFrpc(frpc, await frpcFacts({ serverPort: server.port, proxyName: 'another' }))
    expect((await third.event('proxy-refused')).reason).toBe('router config conflict')
    await Promise.all([first, second, third].map(async (each) => await each.stop()))
  })

  it('nobody is there, by name and by port', async () => {
    const { caFile } = await createTestCa()
    const port = await freePort()
    const noServer = await startFrpc(frpc, await frpcFacts({ serverPort: port }))
    expect((await noServer.event('unreachable')).reason).toMatch(/connection refused/)
    const noHost = await startFrpc(frpc, await frpcFacts({ serverAddr: 'no-such-host.invalid', serverPort: port, tls: { caFile } }))
    expect((await noHost.event('unreachable', 20_000)).reason).toMatch(/lookup/)
  })
})

describe('what is no frp server', () => {
  needsPeer('frpc', 'is told', (frpc) => {
    it.each([
      ['speaks HTTP', false, (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'unreachable'],
      ['speaks HTTP where TLS is due', true, (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'tls'],
      ['hangs up', false, (socket: Socket) => socket.once('data', () => socket.destroy()), 'cut-off'],
      ['hangs up where TLS is due', true, (socket: Socket) => socket.once('data', () => socket.destroy()), 'cut-off'],
      ['says nothing', false, () => {}, 'unreachable'],
    ] as const)('that %s', async (_, tls, answer, kind) => {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        answer(socket)
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      atEnd(async () => server.close())
      // `as`: it listens on TCP.
      const serverPort = (server.address() as AddressInfo).port
      const { caFile } = await createTestCa()
      const client = await startFrpc(frpc, await frpcFacts({ serverPort, tls: tls ? { caFile } : null }))
      await client.event(kind)
      expect(await client.exited).toBe(1)
    })
  })
})
