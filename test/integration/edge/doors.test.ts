import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { ask, dial, speak, startApp, startEdge, TOKEN, until } from './support.ts'

const portOf = (authority: string | undefined): number => Number(authority?.split(':').at(-1))
const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777
const closed = (socket: Socket) =>
  new Promise<void>(
    (resolve) =>
      void socket
        .once('close', () => resolve())
        .on('error', () => undefined)
        .resume(),
  )
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))

describe('a TCP door', () => {
  it('listens at each address, on one port', async () => {
    const { ingresses } = await startEdge()
    const { authorities } = await ingresses.open('lan', { kind: 'tcp', hosts: ['127.0.0.3', '127.0.0.4'], port: 0 })
    expect(authorities.map(portOf)[0]).toBe(authorities.map(portOf)[1])
    expect(ingresses.list().find(({ id }) => id === 'lan')?.addresses).toEqual(authorities)
    expect(ingresses.list()).toBe(ingresses.list())
  })

  it('opens without ::1 where the computer has none, and with it otherwise', async () => {
    const { ingresses } = await startEdge()
    const { authorities } = await ingresses.open('local', { kind: 'tcp', hosts: ['127.0.0.1', '::1'], port: 0 })
    expect(authorities).toHaveLength(hasIpv6 ? 2 : 1)
  })

  it('moves: what stays keeps its connections, what goes loses them, also upgraded ones', async () => {
    const app = await startApp()
    const { ingresses, port } = await startEdge({ upstream: { url: app.url } })
    const { authorities } = await ingresses.open('lan', { kind: 'tcp', hosts: ['127.0.0.3'], port: 0 })
    const lan = portOf(authorities[0])
    const stays = await dial(port)
    stays.write(`GET /events?count=0&every=20 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
    await once(stays, 'data')
    const goes = new WebSocket(`ws://127.0.0.3:${lan}/ws`, { headers: { Authorization: `Bearer ${TOKEN}` } })
    await once(goes, 'open')
    const gone = once(goes, 'close')
    await ingresses.open('lan', { kind: 'tcp', hosts: ['127.0.0.4'], port: lan })
    await gone
    await ingresses.open('local', { kind: 'tcp', hosts: ['127.0.0.1', '127.0.0.5'], port: 0 })
    await once(stays, 'data')
    await ingresses.close('lan')
    await once(stays, 'data')
    expect(stays.destroyed).toBe(false)
    await expect(dial(lan)).rejects.toThrow('ECONNREFUSED')
    stays.destroy()
  })

  it('that cannot move keeps what it had', async () => {
    const { ingresses } = await startEdge()
    const { authorities } = await ingresses.open('lan', { kind: 'tcp', hosts: ['127.0.0.3'], port: 0 })
    await expect(
      ingresses.open('lan', { kind: 'tcp', hosts: ['127.0.0.6', '192.0.2.1'], port: portOf(authorities[0]) }),
    ).rejects.toMatchObject({
      code: 'ADDRESS_NOT_AVAILABLE',
    })
    expect(ingresses.list().find(({ id }) => id === 'lan')?.addresses).toEqual(authorities)
  })

  it('names who has the port', async () => {
    const app = await startApp()
    const { ingresses } = await startEdge()
    const port = Number(new URL(app.url).port)
    await expect(ingresses.open('lan', { kind: 'tcp', hosts: ['127.0.0.1'], port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`) as unknown,
    })
  })

  it('closes within a second, with requests and idle connections on it', async () => {
    const app = await startApp()
    const { ingresses, port } = await startEdge({ upstream: { url: app.url } })
    const idle = await dial(port)
    const busy = await dial(port)
    busy.write(`GET /events?count=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
    await once(busy, 'data')
    const ended = Promise.all([closed(idle), closed(busy)])
    const began = Date.now()
    await ingresses.stop()
    await ended
    expect(Date.now() - began).toBeLessThan(1_000)
    expect(ingresses.list()).toEqual([])
  })
})

describe('a unix door', () => {
  it('of control is 0600, needs no token and gives everything', async () => {
    const { ingresses } = await startEdge()
    const path = `${await tempFolder()}/control.sock`
    expect(await ingresses.open('control', { kind: 'unix', path })).toEqual({ authorities: [], path })
    expect(await mode(path)).toBe(0o600)
    const reply = await ask(path, '/api/config', { bare: true, headers: { Host: 'anything', Origin: 'https://evil.example' } })
    expect(JSON.parse(reply.body)).toMatchObject({ principal: 'owner', scopes: ['read', 'run', 'pair', 'admin'] })
    await ingresses.close('control')
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  it('of a proxy is 0660 in a folder that strangers cannot enter', async () => {
    const edge = await startEdge()
    const path = `${await tempFolder()}/proxy.sock`
    await edge.ingresses.open('proxy', { kind: 'unix', path })
    expect(await mode(path)).toBe(0o660)
    await ask(path, '/api/status', {
      headers: { 'X-Forwarded-For': '1.2.3.4', 'X-Forwarded-Host': 'a.example', 'X-Forwarded-Proto': 'https' },
    })
    expect(edge.handed.at(-1)?.exchange).toMatchObject({
      ingress: 'proxy',
      peer: null,
      client: '1.2.3.4',
      host: 'a.example',
      proto: 'https',
    })
    expect((await ask(path, '/api/status', { bare: true })).status).toBe(421)
  })

  it.each([
    ['a folder open to all', 'proxy', 0o755, (folder: string) => `chmod o-rwx ${folder}`],
    ['a folder in which all may write', 'control', 0o777, (folder: string) => `chmod o-rwx ${folder}`],
    ['a folder that all share', 'proxy', 0o1777, (folder: string) => `Give it a folder of its own: mkdir -m 750 ${folder}/xopc`],
  ] as const)('%s is refused', async (_, id, rights, hint) => {
    const { ingresses } = await startEdge()
    const folder = await tempFolder()
    await chmod(folder, rights)
    await expect(ingresses.open(id, { kind: 'unix', path: `${folder}/x.sock` })).rejects.toMatchObject({
      code: 'SOCKET_REFUSED',
      hint: hint(folder),
    })
  })

  it('takes the place of a dead socket of ours, of nothing else', async () => {
    const { ingresses } = await startEdge()
    const folder = await tempFolder()
    const open = (name: string) => ingresses.open('proxy', { kind: 'unix', path: `${folder}/${name}` })
    await writeFile(`${folder}/file`, 'precious')
    await mkdir(`${folder}/folder`)
    await symlink(`${folder}/file`, `${folder}/link`)
    for (const name of ['file', 'folder', 'link']) await expect(open(name)).rejects.toMatchObject({ code: 'SOCKET_REFUSED' })
    expect((await stat(`${folder}/file`)).size).toBe(8)

    const live = createServer().listen(`${folder}/live`)
    atEnd(async () => void live.close())
    await once(live, 'listening')
    await expect(open('live')).rejects.toMatchObject({
      code: 'SOCKET_REFUSED',
      message: expect.stringContaining('another program listens') as unknown,
    })

    const app = await startApp('--unix', `${folder}/dead`)
    app.child.kill('SIGKILL')
    await once(app.child, 'exit')
    expect((await stat(`${folder}/dead`)).isSocket()).toBe(true)
    await open('dead')
    expect((await ask(`${folder}/dead`, '/health', { bare: true })).status).toBe(200)
  })
})

describe('connections that have proven nothing', () => {
  it('are ended after ten seconds without whole headers', { timeout: 30_000 }, async () => {
    const { port } = await startEdge()
    const began = Date.now()
    const socket = await dial(port)
    const drip = setInterval(() => socket.write('X-A: b\r\n'), 500)
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n')
    const [silent] = await Promise.all([speak(port, ''), closed(socket)])
    clearInterval(drip)
    expect(silent).toMatch(/^$|^HTTP\/1\.1 408 /)
    expect(Date.now() - began).toBeLessThan(13_000)
    expect(Date.now() - began).toBeGreaterThan(8_000)
  })

  it('are 64 from one source: a loopback peer counts once its first request has no forwarded header', async () => {
    const { port } = await startEdge()
    const sockets: Socket[] = []
    for (let index = 0; index < 80; index++) {
      const socket = await dial(port)
      socket.on('error', () => undefined)
      socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await Promise.race([once(socket, 'data'), closed(socket)])
      sockets.push(socket)
    }
    await until(() => sockets.filter(({ destroyed }) => destroyed).length === 16)
    // The oldest idle ones went.
    expect(sockets.slice(0, 16).every(({ destroyed }) => destroyed)).toBe(true)
    expect((await ask(port, '/api/status')).status).toBe(200)
    for (const socket of sockets) socket.destroy()
  })

  it('of a proxy on this computer are up to 1,024, the oldest idle one goes first', async () => {
    const { port } = await startEdge()
    const sockets: Socket[] = []
    for (let index = 0; index < 1_030; index++) {
      const socket = await dial(port)
      socket.on('error', () => undefined)
      socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n')
      await Promise.race([once(socket, 'data'), closed(socket)])
      sockets.push(socket)
    }
    await until(() => sockets.filter(({ destroyed }) => destroyed).length === 6)
    expect(sockets.slice(0, 6).every(({ destroyed }) => destroyed)).toBe(true)
    for (const socket of sockets) socket.destroy()
  })

  it('do not count any more once a credential was good', async () => {
    const app = await startApp()
    const { port, streams } = await startEdge({ upstream: { url: app.url } })
    const sockets: Socket[] = []
    for (let index = 0; index < 100; index++) {
      const socket = await dial(port)
      socket.write(`GET /events?count=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
      sockets.push(socket)
    }
    await until(() => streams.count() === 100)
    for (const socket of sockets) socket.destroy()
  })
})
