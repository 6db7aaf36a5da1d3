import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Overview } from '../../../src/lib/protocol/http-api.ts'
import type { Device, PairingCode } from '../../../src/lib/protocol/pairing-api.ts'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { startReachable } from '../cli/running.ts'
import { codeOf, connect, type Peer } from './house.ts'

async function settingOf(gateway: RunningGateway, key: string): Promise<unknown> {
  const { stdout } = await gateway.xopc(['config', 'get', key, '--json'])
  return (JSON.parse(stdout) as { value: unknown }).value
}

describe('enable', () => {
  let gateway: RunningGateway
  let peer: Peer
  beforeAll(async () => {
    gateway = await startGateway()
    peer = await connect(gateway.stateDir)
  })

  it.each([
    ['lan', 'xopc lan on'],
    ['proxy', 'xopc proxy set <url>'],
  ])('%s is refused before a person ever did, with the command to type, however often it is asked', async (method, command) => {
    for (let time = 0; time < 3; time++) {
      const answer = await peer.call('enable', { method })
      expect(codeOf(answer)).toBe('MCP_NOT_ENABLED_BEFORE')
      expect(answer.reply).toMatchObject({ error: { hint: expect.stringContaining(`: ${command}`) } })
    }
    // Nothing is on, and switching off what is off teaches it nothing.
    expect((await peer.call('disable', { method })).reply).toEqual({ phase: 'off' })
    expect(codeOf(await peer.call('enable', { method }))).toBe('MCP_NOT_ENABLED_BEFORE')
  })

  it('lan comes back at the one address that the person chose, not at every one', async () => {
    const { methods } = (await peer.call('status')).reply as unknown as Overview
    const url = new URL(methods.find(({ id }) => id === 'lan')?.candidates[0]?.url ?? '')
    const address = url.hostname.replaceAll(/[[\]]/g, '')
    expect((await gateway.xopc(['lan', 'on', '--address', address])).code).toBe(0)
    expect((await peer.call('disable', { method: 'lan' })).reply).toEqual({ phase: 'off' })
    expect(await settingOf(gateway, 'gateway.bind')).toBe('loopback')
    expect((await peer.call('enable', { method: 'lan' })).reply).toMatchObject({ phase: 'on' })
    expect(await settingOf(gateway, 'gateway.bind')).toBe(address)
    // What is on stays as it is.
    expect((await peer.call('enable', { method: 'lan' })).reply).toMatchObject({ phase: 'on' })
    expect(await settingOf(gateway, 'gateway.bind')).toBe(address)
    expect(codeOf(await peer.call('enable', { method: 'proxy' }))).toBe('MCP_NOT_ENABLED_BEFORE')
  })

  it('proxy comes back at the address that the person set last; another cannot be named', async () => {
    await gateway.xopc(['proxy', 'set', `http://127.0.0.1:${gateway.port}`])
    await gateway.xopc(['proxy', 'set', `http://localhost:${gateway.port}`])
    await peer.call('disable', { method: 'proxy' })
    const other = await peer.call('enable', { method: 'proxy', url: 'https://evil.example.com' })
    expect([other.isError, other.text]).toEqual([true, expect.stringContaining('Unrecognized key: "url"')])
    expect((await peer.call('enable', { method: 'proxy' })).isError).toBe(false)
    expect(await settingOf(gateway, 'gateway.publicUrl')).toBe(`http://localhost:${gateway.port}`)
  })

  it('what a person wrote into the file counts, also before the gateway started', async () => {
    const written = await startGateway({ config: { gateway: { bind: 'lan' } } })
    const at = await connect(written.stateDir)
    await at.call('disable', { method: 'lan' })
    expect((await at.call('enable', { method: 'lan' })).reply).toMatchObject({ phase: 'on' })
    expect(await settingOf(written, 'gateway.bind')).toBe('lan')
  })
})

describe('what cannot be asked for', () => {
  let gateway: RunningGateway
  let peer: Peer
  beforeAll(async () => {
    gateway = await startReachable()
    peer = await connect(gateway.stateDir)
  })

  it.each([
    ['test', { url: 'https://example.com' }],
    ['test', { method: 'lan', url: 'https://example.com' }],
    ['test', { method: 'https://example.com' }],
    ['enable', { method: 'lan', address: '0.0.0.0' }],
    ['enable', { method: 'funnel', acceptRisk: true }],
    ['pair', { admin: true }],
    ['pair', { scopes: ['admin'] }],
    ['pair', { baseUrl: 'https://example.com' }],
    ['status', { token: true }],
    ['disable', {}],
    ['pair_status', { id: 7 }],
  ])('%s %j', async (name, given) => {
    const before = await readFile(join(gateway.stateDir, 'logs/audit.log'), 'utf8')
    const answer = await peer.call(name, given)
    expect([answer.isError, answer.text]).toEqual([true, expect.stringContaining('Invalid arguments')])
    expect(await readFile(join(gateway.stateDir, 'logs/audit.log'), 'utf8')).toBe(before)
  })

  it.each(['consent', 'config', 'devices', 'token', 'stop', 'rotateToken', '__proto__', 'constructor', 'toString'])(
    'no tool %s',
    async (name) => {
      await expect(peer.client.callTool({ name, arguments: {} })).rejects.toThrow(/not found|disabled/)
    },
  )
})

describe('pair', () => {
  let gateway: RunningGateway
  let peer: Peer
  beforeAll(async () => {
    gateway = await startReachable()
    peer = await connect(gateway.stateDir)
  })

  /** The code as the owner sees it, secret and all. */
  async function whole(id: unknown): Promise<PairingCode> {
    return (await (await gateway.fetch(`/api/pair/${String(id)}`)).json()) as PairingCode
  }

  it('makes a code for read and run, and tells how it is, but not what lets somebody in', async () => {
    const { reply } = await peer.call('pair', { name: 'Pixel' })
    const keys = ['baseUrl', 'device', 'expiresAt', 'id', 'lanUrl', 'name', 'scopes', 'state']
    expect(Object.keys(reply).toSorted()).toEqual(keys)
    expect(reply).toMatchObject({ state: 'waiting', scopes: ['read', 'run'], name: 'Pixel' })
    const { links } = await whole(reply['id'])
    expect(links?.app).toContain('ps=')
    expect((await peer.call('pair_status', { id: reply['id'] })).reply).toEqual(reply)
  })

  it('a second call answers the code that waits: a model cannot push out those of the person', async () => {
    const own = JSON.parse((await gateway.xopc(['pair', '--timeout', '0', '--json'])).stdout) as PairingCode
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await peer.call('pair')).reply['id']))
    expect(new Set(ids).size).toBe(1)
    expect((await whole(own.id)).state).toBe('waiting')
  })

  it('tells who joined', async () => {
    const { id } = (await peer.call('pair')).reply
    const secret = readAppLink((await whole(id)).links?.app ?? '')?.secret
    const body = JSON.stringify({ pairingSecret: secret, deviceName: 'Phone \u202e of Anna' })
    const joined = await gateway.fetch('/api/tunnel/exchange-token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const { device } = (await joined.json()) as { device: Device }
    const { reply, text } = await peer.call('pair_status', { id })
    expect(reply).toMatchObject({ state: 'used', device: { id: device.id } })
    expect(text).not.toMatch(/\u202e/)
    expect((await peer.call('pair')).reply['id']).not.toBe(id)
  })

  it('somebody else’s code is not to be seen', async () => {
    expect(codeOf(await peer.call('pair_status', { id: 'nobody' }))).toBe('PAIRING_NOT_FOUND')
  })

  it('is refused where no device could come, with the way out', async () => {
    const closed = await connect((await startGateway()).stateDir)
    const answer = await closed.call('pair')
    expect(codeOf(answer)).toBe('GATEWAY_LOOPBACK_ONLY')
    expect(answer.text).toContain('xopc lan on')
  })

  it('what it wrote in all that holds no secret: not the token, not a link, not a code', async () => {
    const { id } = (await peer.call('pair')).reply
    await Promise.all(['status', 'pair'].map((name) => peer.call(name)))
    await peer.call('test', { method: 'lan' })
    const { links } = await whole(id)
    const secrets = [links?.app, links?.browser].map((link) => /ps=([\w-]+)/.exec(link ?? '')?.[1] ?? '')
    expect(secrets.every((secret) => secret.length > 40)).toBe(true)
    for (const secret of [gateway.token, ...secrets]) expect(peer.stdout() + peer.stderr()).not.toContain(secret)
    expect(peer.stdout()).not.toMatch(/ps=|#ps|pairingSecret|mobile-connect|xopc_dt_|<svg/)
  })

  it.each(['client', 'SIGTERM', 'SIGINT'] as const)('a code that waits is taken back at the end (%s)', async (how) => {
    const leaving = await connect(gateway.stateDir)
    const { id } = (await leaving.call('pair')).reply
    if (how === 'client') leaving.leave()
    else leaving.kill(how)
    expect(await leaving.ended).toBe(0)
    for (let tries = 0; tries < 50 && (await whole(id)).state === 'waiting'; tries++) await sleep(20)
    expect((await whole(id)).state).toBe('revoked')
  })
})
