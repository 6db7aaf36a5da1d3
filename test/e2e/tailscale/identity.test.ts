import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { secondUser } from '../../support/second-user.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { startUpstream } from '../../support/upstream.ts'

const a = 'https://node-a.xopc-test.ts.net'
const api = `${a}/xopc/api`

// Tailscale says who its visitors are: contract 7, on its socket alone.
needsPeer(tailnetPeers, 'sign-in by Tailscale', () => {
  let [tailnet, gateway]: [Tailnet, RunningGateway] = [undefined as never, undefined as never]
  beforeAll(async () => {
    tailnet = await startTailnet()
    await tailnet.admin('user?node=node-b&login=alice@example.com&name=J%C3%BCrgen')
    await tailnet.until('a', 'to know alice', (status) => JSON.stringify(status).includes('alice@example.com'))
    const app = await startUpstream('--unix', join(await tempFolder(), 'app.sock'))
    gateway = await startTailnetGateway(tailnet, 'a', {
      config: { gateway: { upstream: { url: app.url }, auth: { allowTailscale: true } } },
    })
    await gateway.xopc(['tailscale', 'serve'])
  }, 60_000)

  async function signIn(headers: Record<string, string> = {}) {
    return await tailnet.fetchFrom('b', `${api}/session`, {
      method: 'POST',
      headers: { origin: a, 'content-type': 'application/json', ...headers },
      body: '{}',
    })
  }

  async function cookieOf(): Promise<string> {
    const { status, headers, body } = await signIn()
    expect([status, body]).toEqual([200, JSON.stringify({ origin: a })])
    return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  }

  it('leads to a socket, and says that people can sign in by it', async () => {
    const { stdout } = await tailnet.cli('a', ['serve', 'status', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      Web: { 'node-a.xopc-test.ts.net:443': { Handlers: { '/': { Proxy: expect.stringMatching(/^unix:.*\/tailscale\.sock$/) } } } },
    })
    const { findings, state } = JSON.parse((await gateway.xopc(['tailscale', 'status', '--json'])).stdout)
    expect(findings).toContainEqual(expect.objectContaining({ code: 'TAILSCALE_IDENTITY', status: 'pass' }))
    expect(state).toMatchObject({ phase: 'on', verified: { vantage: 'self' } })
  })

  it('gives a browser of the tailnet a session that may read and run, without a key', async () => {
    const headers = { cookie: await cookieOf() }
    expect((await tailnet.fetchFrom('b', `${api}/overview`, { headers })).status).toBe(200)
    const app = await tailnet.fetchFrom('b', `${a}/headers`, { headers })
    expect(app.status).toBe(200)
    expect(JSON.parse(app.body).headers).toContainEqual(['X-Xopc-User', 'sso:alice%40example.com'])
    for (const [method, path] of [
      ['GET', 'config'],
      ['GET', 'devices'],
      ['POST', 'pair'],
      ['POST', 'gateway/stop'],
    ] as const) {
      const reply = await tailnet.fetchFrom('b', `${api}/${path}`, {
        method,
        headers: { ...headers, origin: a, 'content-type': 'application/json' },
        ...(method === 'POST' ? { body: '{}' } : {}),
      })
      expect([path, reply.status, JSON.parse(reply.body).code]).toEqual([path, 403, 'SCOPE_MISSING'])
    }
  })

  it('takes the identity for that one request, and for no other', async () => {
    expect((await tailnet.fetchFrom('b', `${api}/overview`)).status).toBe(401)
    expect((await tailnet.fetchFrom('b', `${a}/`)).status).toBe(401)
  })

  it('is nothing that a visitor could write', async () => {
    const forged = { 'tailscale-user-login': 'root@example.com', 'x-forwarded-for': '100.64.0.1' }
    const cookie = (await signIn(forged)).headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    const app = await tailnet.fetchFrom('b', `${a}/headers`, { headers: { cookie } })
    expect(JSON.parse(app.body).headers).toContainEqual(['X-Xopc-User', 'sso:alice%40example.com'])
  })

  it('counts at no other door, not even the cookie', async () => {
    const cookie = await cookieOf()
    const login = { 'tailscale-user-login': 'alice@example.com', 'x-forwarded-for': tailnet.node('b').ip }
    const posted = await gateway.fetch('/xopc/api/session', {
      method: 'POST',
      headers: { ...login, origin: gateway.url, 'content-type': 'application/json' },
      body: '{}',
    })
    expect([posted.status, posted.headers.get('set-cookie')]).toEqual([403, null])
    const carried = await gateway.fetch('/xopc/api/overview', {
      headers: { cookie, host: 'node-a.xopc-test.ts.net', 'x-forwarded-proto': 'https' },
    })
    expect(carried.status).toBe(401)
  })

  it('is refused under a name that the visitor made up', async () => {
    const headers = { host: 'evil.example', origin: 'https://evil.example' }
    const { status, headers: replied } = await signIn(headers)
    expect([status === 200, replied['set-cookie']]).toEqual([false, undefined])
  })

  it('names nobody for a tagged node, and ends with the setting', async () => {
    const headers = { cookie: await cookieOf() }
    await tailnet.admin('tag?node=node-b&tag=tag:server')
    await tailnet.until('a', 'to see the tag', (status) => JSON.stringify(status).includes('tag:server'))
    const { status, body } = await signIn()
    expect([status, JSON.parse(body).code]).toEqual([401, 'TAILSCALE_NOBODY'])
    expect((await gateway.xopc(['config', 'set', 'gateway.auth.allowTailscale=false'])).code).toBe(0)
    await expect.poll(async () => (await tailnet.fetchFrom('b', `${api}/overview`, { headers })).status, { timeout: 15_000 }).toBe(401)
    const served = async () => (await tailnet.cli('a', ['serve', 'status', '--json'])).stdout
    await expect.poll(served, { timeout: 20_000 }).toContain('http://127.0.0.1:')
  })
})

needsPeer(tailnetPeers, 'sign-in by Tailscale for a user who is no administrator', () => {
  it('is not there, with the reason, and everything else is', async () => {
    const [tailnet, nobody] = await Promise.all([startTailnet(), secondUser()])
    await tailnet.cli('a', ['set', '--operator=nobody'])
    const gateway = await startTailnetGateway(tailnet, 'a', { user: nobody, config: { gateway: { auth: { allowTailscale: true } } } })
    const ran = await gateway.xopc(['tailscale', 'serve'])
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([0, expect.stringContaining(a)])
    const { findings } = JSON.parse((await gateway.xopc(['tailscale', 'status', '--json'])).stdout)
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'TAILSCALE_IDENTITY_UNAVAILABLE', status: 'warn', detail: expect.stringContaining('sudo') }),
    )
    const reply = await tailnet.fetchFrom('b', `${a}/api/session`, {
      method: 'POST',
      headers: { origin: a, 'content-type': 'application/json' },
      body: '{}',
    })
    expect([reply.status, JSON.parse(reply.body).code]).toEqual([409, 'TAILSCALE_IDENTITY_UNAVAILABLE'])
  }, 60_000)
})
