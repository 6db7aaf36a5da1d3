import { beforeAll, expect, it } from 'vitest'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { anotherTab } from '../e2e/page/house.ts'
import { needsPeer } from '../support/peers.ts'
import { type Brought, hostile, type Known } from './hostile-script.ts'
import { openTenants, type Tenants } from './tenants.ts'

// The app behind the gateway shares its address with the console, so a script of the app acts with the cookie of whoever looks at it.

const evil = { 'gateway.publicUrl': 'https://evil.example', 'gateway.auth.token': 'a-token-of-the-attacker-0123456789' }
const bodies: Readonly<Record<string, object>> = {
  'PATCH /api/config': evil,
  'POST /api/pair': { admin: true },
  'POST /api/access/:id/enable': { url: 'https://evil.example' },
  'POST /api/tunnel/pair/probe-public': { url: 'http://127.0.0.1:22' },
  'PATCH /api/devices/:id': { name: 'Owner' },
}
const ours: ReadonlySet<string> = new Set(['none', 'read', 'run', 'session'])
const known: Known = {
  forbidden: controlRoutes
    .filter(({ scope }) => !ours.has(scope))
    .map(({ method, path }) => [method, `/xopc${path.replace(':id', 'proxy')}`, bodies[`${method} ${path}`] ?? {}]),
  readable: [
    ...controlRoutes
      .filter(({ method, scope, path }) => method === 'GET' && (scope === 'read' || scope === 'none') && !/events|plan|template/.test(path))
      .map(({ path }) => `/xopc${path.replace(':id', 'proxy')}`),
    '/xopc/',
    '/xopc/pair',
  ],
}
const files = {
  '/': '<!doctype html><html><head><title>the app</title></head><body><script src="/app.js"></script></body></html>',
  '/decoy': '<!doctype html><body data-view="decoy">a page of the app</body>',
  '/app.js': `addEventListener('load', async () => {
    const brought = await (${hostile.toString()})(${JSON.stringify(known)}).catch((error) => ({ broken: String(error.stack) }))
    await fetch('/loot', { method: 'POST', body: JSON.stringify(brought) })
  })`,
}

needsPeer(['chromium', 'caddy', 'own-hosts'], 'a hostile script of the app', (chromium, caddy) => {
  let tenants: Tenants
  beforeAll(async () => {
    tenants = await openTenants(chromium, caddy, files)
  })

  it('changes nothing, reads no secret and mints nothing, while it may do what its person may', async () => {
    const { gateway, url, loot, received, mint, person, joinBy, kept } = tenants
    const [first, waiting] = [await mint(), await mint()]
    const owner = await person()
    // A pairing page that waits in another tab of this browser.
    const { page: open } = await anotherTab(owner, waiting.link)
    await open.getByRole('button', { name: 'Join' }).waitFor()
    await joinBy(owner, first.link)
    const before = await kept()
    await expect.poll(loot, { timeout: 45_000 }).toHaveLength(1)
    // `as`: what the script sends home.
    const brought = JSON.parse(loot()[0] ?? '') as Brought
    expect(brought).not.toHaveProperty('broken')
    expect(brought.got).toEqual([])
    expect(brought.refused).toBeGreaterThan(known.forbidden.length * 3)
    expect(brought.alive).toEqual(known.readable.map(() => 200))
    // What it has of its own it reads, so it would read ours if it could.
    expect(brought.windows.filter((line) => !line.endsWith(': nothing'))).toEqual([
      expect.stringMatching(/^frame \/decoy: .*data-view="decoy"/s),
      expect.stringMatching(/^window \/decoy: .*data-view="decoy"/s),
    ])
    expect(brought.windows).toHaveLength(7)
    expect(brought.sockets).toEqual(['refused', 'refused'])

    const cookies = (await owner.cookies()).filter(({ httpOnly }) => httpOnly).map(({ value }) => value)
    expect(cookies).toHaveLength(1)
    const seen = [...brought.texts, ...received().map(({ path, headers }) => `${path} ${headers}`)].join('\n')
    expect(seen).toContain('home.example.com')
    for (const secret of [gateway.token, ...cookies, waiting.secret, waiting.appSecret, first.secret]) expect(seen).not.toContain(secret)
    expect(seen).not.toMatch(/xopc_(dt|uk)_/)

    expect(await kept()).toBe(before)
    expect((await tenants.devices()).map(({ kind, scopes }) => [kind, scopes])).toEqual([['browser', ['read', 'run']]])
    const audit = await (await gateway.fetch('/xopc/api/audit?lines=1000')).text()
    expect(audit.split('PairAudit.minted').length - 1).toBe(2)
    // The page that waited was not touched: it still joins.
    await open.getByRole('button', { name: 'Join' }).click()
    await open.waitForURL(`${url}/`)
  })

  it('finds nothing in what the owner did before the app came to this address', async () => {
    const { gateway, url, mint, person, joinBy, kept } = tenants
    // `as`: the configuration of this test.
    const { gateway: was } = (await (await gateway.fetch('/xopc/api/config')).json()).config as { gateway: { upstream: { url: string } } }
    expect(await gateway.xopc(['config', 'unset', 'gateway.upstream'])).toMatchObject({ code: 0 })
    const owner = await person()
    const { page: tab } = await anotherTab(owner, url)
    await tab.locator('#secret').fill(gateway.token)
    await tab.keyboard.press('Enter')
    await tab.getByText('Live', { exact: true }).waitFor()
    const key = await tab.evaluate(() => sessionStorage.getItem('xopc.session-key'))
    expect(key).toMatch(/^xopc_sk_/)
    expect(await gateway.xopc(['config', 'set', `gateway.upstream.url=${was.upstream.url}`])).toMatchObject({ code: 0 })
    await tab.waitForURL(`${url}/xopc/`)
    const app = await joinBy(owner, (await mint()).link)
    const before = await kept()
    const tried = await app.evaluate(
      async ([key, body]) => {
        const headers = { 'content-type': 'application/json', 'x-xopc-token': String(key) }
        const replies = [
          await fetch('/xopc/api/config', { headers }),
          await fetch('/xopc/api/config', { method: 'PATCH', headers, body: String(body) }),
          await fetch('/xopc/api/pair', { method: 'POST', headers, body: '{}' }),
        ]
        return replies.map(({ status }) => status)
      },
      [key, JSON.stringify(evil)],
    )
    expect(tried.filter((status) => status !== 401 && status !== 403)).toEqual([])
    expect(await kept()).toBe(before)
    expect(await tab.evaluate(() => sessionStorage.getItem('xopc.session-key'))).toBe(null)
  })
})
