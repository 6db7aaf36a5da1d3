import { existsSync, readFileSync } from 'node:fs'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { beforeAll, expect, it } from 'vitest'
import { findTailscale, type Tailscale } from '../../../src/lib/binaries/tailscale.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'

/** Runs a program, and notes the process id of each `nc`. */
interface Noted {
  tailscale: Tailscale
  path: string
  running(): number[]
}

needsPeer(tailnetPeers, 'a connection into the tailnet', () => {
  let tailnet: Tailnet
  let ca: Buffer
  let name: string
  beforeAll(async () => {
    tailnet = await startTailnet({ unjoined: ['c'] })
    ca = await readFile(tailnet.rootFile)
    name = tailnet.node('a').dnsName
    await tailnet.cli('a', ['serve', '--bg', '--https=443', 'http://127.0.0.1:9'])
    await tailnet.cli('a', ['serve', '--bg', '--http=80', 'http://127.0.0.1:9'])
    // The first visit waits for the certificate.
    await tailnet.fetchFrom('b', `https://${name}/`)
  })

  async function noted(node: string, program = tailnet.node(node).tailscale): Promise<Noted> {
    const folder = await tempFolder()
    const [path, notes] = [join(folder, 'tailscale'), join(folder, 'notes')]
    await chmod(folder, 0o755)
    await writeFile(path, `#!/bin/sh\n[ "$1" = nc ] && echo $$ >>${notes}\nexec ${program} "$@"\n`, { mode: 0o755 })
    const started = (): number[] => (existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').filter(Boolean).map(Number) : [])
    const tailscale = await findTailscale({ PATH: process.env['PATH'], XOPC_TAILSCALE_PATH: path })
    return { tailscale, path, running: () => started().filter(isRunning) }
  }

  /** The first line of what is served, by a request that has the server end the connection. */
  async function statusBy(connection: Duplex): Promise<string> {
    const tls = connectTls({ socket: connection, servername: name, ca })
    tls.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`)
    let text = ''
    for await (const piece of tls) text += String(piece)
    return text.split('\r\n')[0] ?? ''
  }

  it.each<[what: string, node: string, host: () => string, program?: () => string]>([
    ['from the node to its own name', 'a', () => name],
    ['from the node to its own address', 'a', () => tailnet.node('a').ip],
    ['from another node', 'b', () => name],
    ['as a user who may change nothing', 'a', () => name, () => tailnet.node('a').tailscaleAsNobody],
  ])('leads to what is served: %s', async (_, node, host, program) => {
    const { tailscale, running } = await noted(node, program?.())
    // The program often ends before what is written to it last has gone anywhere: that may hold nothing up.
    for (let round = 0; round < 8; round++) {
      const connection = tailscale.open(host(), 443)
      expect(await statusBy(connection)).toBe('HTTP/1.1 502 Bad Gateway')
      await expect.poll(() => connection.closed).toBe(true)
    }
    await expect.poll(running).toEqual([])
  })

  it('is kept from request to request, as a socket is', async () => {
    const { tailscale, running } = await noted('a')
    const agent = Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), { createConnection: () => tailscale.open(name, 80) })
    for (let round = 0; round < 3; round++) expect(await plainStatus(agent)).toBe(502)
    expect(running()).toHaveLength(1)
    agent.destroy()
    await expect.poll(running).toEqual([])
  })

  async function plainStatus(agent: Agent): Promise<number | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    request({ agent, host: name, path: '/' }, resolve).on('error', reject).end()
    const response = await promise
    await response.resume().toArray()
    return response.statusCode
  }

  it('ends its program when it is destroyed', async () => {
    const { tailscale, running } = await noted('a')
    const connection = tailscale.open(name, 443)
    await expect.poll(running).toHaveLength(1)
    connection.destroy()
    await expect.poll(running).toEqual([])
  })

  it('to a port that nobody serves is destroyed with what Tailscale says', async () => {
    const { tailscale, running } = await noted('a')
    expect(await endOf(tailscale.open(name, 4444))).toMatchObject({
      code: 'TAILSCALE_NO_CONNECTION',
      message: expect.stringMatching(/^Tailscale makes no connection to node-a\.xopc-test\.ts\.net:4444: .*connection was refused\.$/),
    })
    await expect.poll(running).toEqual([])
  })

  it('is not made by a program that is gone', async () => {
    const { tailscale, path } = await noted('a')
    await rm(path)
    expect(await endOf(tailscale.open(name, 443))).toMatchObject({ code: 'PROGRAM_NOT_STARTED' })
  })

  it('tells TLS and whoever reads the same reason', async () => {
    const { tailscale } = await noted('c')
    await expect(statusBy(tailscale.open(name, 443))).rejects.toMatchObject({ code: 'TAILSCALE_LOGGED_OUT' })
    expect(await endOf(tailscale.open(name, 443))).toMatchObject({ code: 'TAILSCALE_LOGGED_OUT' })
  })

  it('is not made where Tailscale is stopped, or does not run', async () => {
    const { tailscale } = await noted('b')
    await tailnet.cli('b', ['down'])
    expect(await endOf(tailscale.open(name, 443))).toMatchObject({ code: 'TAILSCALE_STOPPED' })
    await tailnet.killDaemon('b')
    const alone = await noted('b', tailnet.node('b').tailscaleAlone)
    expect(await endOf(alone.tailscale.open(name, 443))).toMatchObject({ code: 'TAILSCALE_NOT_RUNNING' })
  })
})

it('loses nothing of a program that ends before it was read', async () => {
  const path = join(await tempFolder(), 'tailscale')
  await writeFile(path, '#!/bin/sh\n[ "$1" = version ] && echo 1.60.0 || exec head -c 300000 /dev/zero\n', { mode: 0o755 })
  const connection = (await findTailscale({ PATH: process.env['PATH'], XOPC_TAILSCALE_PATH: path })).open('a.ts.net', 443)
  let length = 0
  for await (const piece of connection) {
    // `as`: a stream without an encoding gives Buffers.
    length += (piece as Buffer).length
    await setTimeout(5)
  }
  expect(length).toBe(300_000)
})

needsPeer(tailnetPeers, 'who an address belongs to', () => {
  it('is asked of Tailscale', async () => {
    const tailnet = await startTailnet()
    const tailscale = await findTailscale({ PATH: process.env['PATH'], ...tailnet.node('a').env })
    const { ip } = tailnet.node('b')
    const user = { login: 'user-2@fake-control.example.net', name: 'User 2', tagged: false }
    expect(await tailscale.whois(ip)).toEqual(user)
    expect(await tailscale.whois((await tailnet.status('b')).TailscaleIPs?.[1] ?? '')).toEqual(user)
    for (const nobody of ['100.64.0.99', '127.0.0.1', '203.0.113.7', '::1', '--help', '', 'node-b']) {
      expect(await tailscale.whois(nobody), nobody).toBe(null)
    }
    await tailnet.admin('tag?node=node-b&tag=tag:server')
    await expect.poll(async () => (await tailscale.whois(ip))?.tagged, { timeout: 10_000 }).toBe(true)
    await tailnet.killDaemon('a')
    await expect(tailscale.whois(ip)).rejects.toMatchObject({ code: 'TAILSCALE_NOT_RUNNING' })
  })
})

/** What a connection that nobody can use was destroyed with. */
async function endOf(connection: Duplex): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  connection.on('error', resolve).once('close', () => resolve(null))
  connection.resume()
  return await promise
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
