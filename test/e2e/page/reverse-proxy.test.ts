import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { type Certificate, createTestCa, type TestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startCaddy } from '../../support/proxy-programs.ts'
import { startUpstream } from '../../support/upstream.ts'
import { openTab, signIn, startBrowser, type Tab } from './house.ts'
import { scan } from './qr.ts'

const NAME = 'gateway.example.com'
const stages = [
  'Name',
  'Connection',
  'Certificate',
  'HTTP',
  'This gateway answers',
  'Credentials arrive',
  'Events stream',
  'WebSocket',
  'Headers',
]

needsPeer(['chromium', 'caddy', 'own-hosts'], 'the page through a proxy that nobody configured', (executablePath, caddy) => {
  let ca: TestCa
  let certificate: Certificate
  let browser: Browser
  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf([NAME])
    browser = await startBrowser(executablePath, [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`])
  })

  /** A gateway with Caddy before it, and a tab at its Reverse proxy page, signed in through Caddy. */
  async function open(directives = ''): Promise<{ gateway: RunningGateway; url: string; tab: Tab }> {
    const gateway = await startGateway({ env: ca.env, hosts: { [NAME]: '127.0.0.1' } })
    const port = await freePort()
    const url = `https://${NAME}:${port}`
    const config = `${url} {\n tls ${certificate.certFile} ${certificate.keyFile}\n reverse_proxy 127.0.0.1:${gateway.port} {\n${directives}\n}\n}\n`
    await startCaddy(caddy, { config, port })
    const tab = await openTab(browser, `${url}/#/settings/remote-access?tab=reverse-proxy`, { ignoreHTTPSErrors: true })
    await signIn(tab, gateway.token)
    return { gateway, url, tab }
  }

  it('finds its address, pairs with it at once, tests it stage by stage, and keeps and forgets it', async () => {
    const { gateway, url, tab } = await open()
    const { page } = tab
    await page.getByText(`You opened this page through ${url}`).waitFor()
    await page.locator('svg.qr').waitFor()
    await page.getByRole('tab', { name: 'xopc app' }).click()
    const link = await scan(page)
    expect(readAppLink(link ?? '')).toMatchObject({ baseUrl: url })
    const here = 'Reachable by: you, on the gateway’s computer'
    expect(await page.locator('#reach').innerText()).toBe(`${here} · whoever can reach ${url}, perhaps the whole internet (not saved)`)
    const saved = async () => (await (await gateway.fetch('/xopc/api/config')).json()).config.gateway.publicUrl
    expect(await saved()).toBe(undefined)

    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText(`${url} leads to this gateway.`).waitFor()
    expect((await page.locator('.steps .step-title').allInnerTexts()).map((text) => text.split(/\s*\n/)[0])).toEqual(stages)
    expect(await page.locator('.steps > li[data-status=pass]').count()).toBe(9)

    await page.getByRole('button', { name: 'Save as default' }).click()
    await expect.poll(saved).toBe(url)
    await page
      .locator('.card', { has: page.getByRole('button', { name: 'Clear' }) })
      .locator('[data-phase=on]')
      .waitFor()
    // The phone may be scanning it right now, and what the test said can still be read.
    expect(await scan(page)).toBe(link)
    expect(await page.locator('.steps > li[data-status=pass]').count()).toBe(9)
    await page.getByRole('button', { name: 'Clear' }).click()
    await expect.poll(saved).toBe(undefined)
    expect(tab.said).toEqual([])
  })

  it('says which hop is wrong and what to write, while the other stages stay to be read', async () => {
    const { url, tab } = await open('header_up -Authorization')
    const { page } = tab
    await page.getByLabel('Address of your proxy').fill(url)
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.locator('.steps > li[data-status=fail]', { hasText: 'Credentials arrive' }).getByText('header_up -Authorization').waitFor()
    await page.getByText(/failed at “Credentials arrive”/).waitFor()
    // Each thing is said once.
    const said = await page.locator('.card', { has: page.locator('.steps') }).innerText()
    expect(said.split('AUTHORIZATION_STRIPPED')).toHaveLength(2)
    const detail = await page.locator('.steps > li[data-status=fail] .detail').innerText()
    expect(said.split(detail)).toHaveLength(2)
    expect(await page.locator('.steps > li[data-status=pass]').count()).toBeGreaterThanOrEqual(5)
  })

  it('keeps what the test of a typed address said when that is saved, and says it once', async () => {
    const gateway = await startGateway()
    const tab = await openTab(browser, `${gateway.url}/#/settings/remote-access?tab=reverse-proxy`)
    await signIn(tab, gateway.token)
    const { page } = tab
    await page.getByLabel('Address of your proxy').fill('https://nowhere.invalid')
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText('https://nowhere.invalid failed at “Name”').waitFor()
    await page.getByRole('button', { name: 'Save as default' }).click()
    const card = page.locator('.card', { has: page.getByRole('button', { name: 'Clear' }) })
    await card.locator('[data-phase=degraded], [data-phase=failed]').waitFor()
    expect(await card.locator('.steps > li[data-status=fail]').count()).toBe(1)
    expect((await card.innerText()).split('DNS_OR_CONN_REFUSED')).toHaveLength(2)
    await page.getByRole('button', { name: 'Clear' }).click()
    await expect.poll(() => page.getByLabel('Address of your proxy').inputValue()).toBe('')
  })

  it('keeps an address that is typed before the tab has settled', async () => {
    const gateway = await startGateway()
    const tab = await openTab(browser, gateway.url)
    const { page } = tab
    await page.clock.install()
    await signIn(tab, gateway.token)
    await page.locator('#methods > li').first().waitFor()
    // What the page does after it was painted waits.
    await page.clock.pauseAt(Date.now() + 1000)
    await page.getByRole('tab', { name: 'Reverse proxy' }).click()
    const field = page.getByLabel('Address of your proxy')
    await field.fill('https://typed.example.net')
    await page.clock.runFor(5000)
    expect(await field.inputValue()).toBe('https://typed.example.net')
  })

  it('writes a configuration for each program, for the domain that was typed', async () => {
    const { tab } = await open()
    const { page } = tab
    const domain = page.getByLabel('Your domain')
    const { promise: typed, resolve: goOn } = Promise.withResolvers<void>()
    await page.route('**/xopc/api/access/proxy/template**', async (route) => {
      await typed
      await route.continue()
    })
    await page.getByRole('tab', { name: 'nginx' }).click()
    await domain.fill('home.example.net')
    goOn()
    await page.locator('#template-panel code', { hasText: 'proxy_buffering off' }).first().waitFor()
    // An answer that comes while somebody types takes nothing away.
    expect(await domain.inputValue()).toBe('home.example.net')
    await page.keyboard.press('Enter')
    for (const [program, words] of [
      ['Caddy', 'reverse_proxy'],
      ['nginx', 'proxy_buffering off'],
      ['Cloudflare Tunnel', 'ingress'],
    ] as const) {
      await page.getByRole('tab', { name: program }).click()
      await page.locator('#template-panel code', { hasText: words }).filter({ hasText: 'home.example.net' }).first().waitFor()
    }
  })
})

needsPeer(
  ['chromium', 'caddy', 'own-hosts'],
  'a browser that joins over https, with an app behind the gateway',
  (executablePath, caddy) => {
    it('lands on the app, is known to it as a device, may look at the console there, and is out when it is revoked', async () => {
      const [ca, app, port] = [await createTestCa(), await startUpstream(), await freePort()]
      const { certFile, keyFile } = await ca.leaf([NAME])
      const url = `https://${NAME}:${port}`
      const config = { gateway: { upstream: { url: app.url }, publicUrl: url } }
      const gateway = await startGateway({ env: ca.env, hosts: { [NAME]: '127.0.0.1' }, config })
      await startCaddy(caddy, { config: `${url} {\n tls ${certFile} ${keyFile}\n reverse_proxy 127.0.0.1:${gateway.port}\n}\n`, port })
      const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' }
      const { links } = await (
        await gateway.fetch('/xopc/api/pair', { method: 'POST', headers, body: JSON.stringify({ baseUrl: url }) })
      ).json()
      const browser = await startBrowser(executablePath, [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`])
      const tab = await openTab(browser, links.browser, { ignoreHTTPSErrors: true })
      const { page } = tab
      await page.getByText(new URL(url).host, { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Join' }).click()
      await page.waitForURL(`${url}/`)
      await page.getByText('hello from the app').waitFor()
      const [cookie, ...rest] = await page.context().cookies()
      expect(rest).toEqual([])
      expect(cookie).toMatchObject({ name: '__Host-xopc_device', httpOnly: true, secure: true, sameSite: 'Lax' })
      await page.goto(`${url}/headers`)
      expect(await page.locator('body').innerText()).toMatch(/device:/)
      await page.goto(`${url}/xopc/`)
      await page.getByText('You can look here, and change nothing.').waitFor()
      expect(await page.getByRole('button', { name: /Turn off|Save|Sign out/ }).count()).toBe(0)
      // The app has no picture for its own pages.
      expect(tab.said.filter((line) => !line.includes('/favicon.ico'))).toEqual([])
      await gateway.fetch('/xopc/api/devices', { method: 'DELETE', headers, body: '{}' })
      await page.getByText('signs in here by a pairing code').waitFor()
      expect(await page.locator('script, input').count()).toBe(0)
    })
  },
)
