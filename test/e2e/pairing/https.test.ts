import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import type { Device } from '../../../src/lib/protocol/pairing-api.ts'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { type AcmeServer, startAcme } from '../../support/acme.ts'
import { type RunningGateway, startGateway, type GatewayOptions } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { type ProxyProgram, startCaddy } from '../../support/proxy-programs.ts'
import { run } from '../../support/run.ts'
import { startXopc } from '../cli/running.ts'
import { openTab, signIn, startBrowser } from '../page/house.ts'
import { scan } from '../page/qr.ts'
import { NAME } from '../proxy/house.ts'
import { startApp } from './app.ts'

const peers = ['chromium', 'caddy-2.11', 'pebble', 'pebble-challtestsrv', 'own-hosts']

needsPeer(peers, 'behind Caddy, with a certificate from an authority', (chromium, caddy, pebble, challtestsrv) => {
  let acme: AcmeServer
  let browser: Browser
  let front: ProxyProgram | null = null
  let url: string
  beforeAll(async () => {
    acme = await startAcme(pebble, challtestsrv)
    browser = await startBrowser(chromium, [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`])
    url = `https://${NAME}:${acme.httpsPort}`
  })

  /** A gateway with Caddy in front, set up by the template that it writes. */
  async function behindCaddy(config: GatewayOptions['config']): Promise<RunningGateway> {
    const gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: acme.env, ...(config === undefined ? {} : { config }) })
    const { stdout } = await gateway.xopc(['proxy', 'template', 'caddy', '--domain', NAME])
    const text = `{\n${acme.caddyGlobals}}\n${stdout}`
    if (front === null) front = await startCaddy(caddy, { config: text, port: acme.httpsPort })
    else await front.restart(text)
    await acme.issued(NAME)
    return gateway
  }

  it('a browser joins by the link of xopc pair, lands on the app as a device, and is out within a second of xopc devices revoke', async () => {
    const app = await startApp()
    const gateway = await behindCaddy({ gateway: { upstream: { url: app.url } } })
    expect(await gateway.xopc(['proxy', 'set', url])).toMatchObject({ code: 0 })
    const pair = startXopc(['pair', '--browser', '--name', 'Tablet'], { stateDir: gateway.stateDir })
    const [link, secret = ''] = await pair.says(/https:\S+\/xopc\/pair#ps=(\S+)/)
    // Chromium has no store that the authority of a test could be put into; that its certificate holds was seen above, and by the gateway.
    const { page, said } = await openTab(browser, link, { ignoreHTTPSErrors: true })
    expect(link.startsWith(`${url}/`)).toBe(true)
    await page.getByText(new URL(url).host, { exact: true }).waitFor()
    expect(pair.stdout()).toContain(await page.locator('#fingerprint').innerText())
    const hidden = async (): Promise<boolean> => !(await visited(page)).some((place) => place.includes(secret) || place.includes('#'))
    expect([page.url(), await hidden()]).toEqual([`${url}/xopc/pair`, true])
    await page.getByRole('button', { name: 'Join' }).click()
    await page.waitForURL(`${url}/`)
    expect(await pair.ended).toBe(0)
    expect(pair.stdout()).toMatch(/“Tablet” \(\S.*\) joined/)

    const [device, ...others] = JSON.parse((await gateway.xopc(['devices', 'list', '--json'])).stdout) as Device[]
    expect(others).toEqual([])
    const user = `device:${device?.id}`
    await page.getByText(`stream of ${user}`, { exact: true }).waitFor()
    await page.getByText(`hello ${user}`, { exact: true }).waitFor()
    const cookies = await page.context().cookies()
    expect(cookies).toEqual([
      expect.objectContaining({ name: '__Host-xopc_device', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' }),
    ])
    expect(await page.evaluate(() => document.cookie)).toBe('')
    expect(app.requests.map((request) => [request.user, request.cookie])).toEqual(app.requests.map(() => [user, undefined]))
    expect(await hidden()).toBe(true)

    const ended = (): Promise<number[]> =>
      page.evaluate(() => ['stream', 'socket'].map((id) => Number(document.getElementById(id)?.dataset['ended'] ?? 0)))
    await expect.poll(ended).toEqual([0, 0])
    const before = Date.now()
    const revoked = await gateway.xopc(['devices', 'revoke', device?.id ?? ''])
    const since = Date.now()
    expect(revoked).toMatchObject({ code: 0, stdout: expect.stringContaining('Revoked: “Tablet”') })
    await expect.poll(async () => (await ended()).every(Boolean), { interval: 10, timeout: 5_000 }).toBe(true)
    for (const at of await ended()) expect([at >= before, at - since < 1_000]).toEqual([true, true])

    const seen = app.requests.length
    await page.reload()
    await page.getByText('signs in here by a pairing code').waitFor()
    expect(app.requests.slice(seen)).toEqual([])
    expect(said.filter((line) => !/WebSocket|\/events|status of 401/.test(line))).toEqual([])
  })

  it('a page that came by an address that nobody configured pairs by it at once, tests it, and saves it into the file of the owner', async () => {
    const text = `// My gateway.\n{\n  gateway: {\n    port: 0, // any\n    auth: { token: "${'5eed'.repeat(12)}" },\n  },\n}\n`
    const gateway = await behindCaddy(text)
    const tab = await openTab(browser, `${url}/#/settings/remote-access?tab=reverse-proxy`, { ignoreHTTPSErrors: true })
    const { page } = tab
    await signIn(tab, gateway.token)
    await page.getByText(`You opened this page through ${url}`).waitFor()
    await page.getByRole('tab', { name: 'xopc app' }).click()
    const { baseUrl, secret } = readAppLink((await scan(page)) ?? '') ?? { baseUrl: '', secret: '' }
    const file = (): Promise<string> => readFile(join(gateway.stateDir, 'xopc.json'), 'utf8')
    expect([baseUrl, await file()]).toEqual([url, text])
    expect(await exchange(baseUrl, secret)).toMatchObject({ baseUrl: url, connectUrls: [url], device: { name: 'Pixel' } })
    await page.getByText(/“Pixel” joined/).waitFor()

    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText(`${url} leads to this gateway.`).waitFor()
    expect(await page.locator('.steps > li').count()).toBe(9)
    expect(await page.locator('.steps > li[data-status=pass]').count()).toBe(9)

    await page.getByRole('button', { name: 'Save as default' }).click()
    await expect.poll(file).toContain(url)
    expect((await file()).replaceAll(/^.*publicUrl.*\n/gm, '')).toBe(text)
    expect(JSON.parse((await gateway.xopc(['config', 'get', 'gateway.publicUrl', '--json'])).stdout)).toMatchObject({ value: url })
    await page.getByText('Verified from this computer').waitFor()
    expect(tab.said).toEqual([])
  })

  /** What a phone does with what it scanned; it believes that authority alone. */
  async function exchange(baseUrl: string, pairingSecret: string): Promise<object> {
    const input = JSON.stringify({ pairingSecret, deviceName: 'Pixel', platform: 'android' })
    const way = ['--cacert', acme.rootFile, '--resolve', `${new URL(baseUrl).host}:127.0.0.1`]
    const words = ['-sS', '--fail', ...way, '-H', 'content-type: application/json', '-d', '@-', `${baseUrl}/api/tunnel/exchange-token`]
    const ran = await run(['curl', ...words], { input })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return JSON.parse(ran.stdout) as object
  }
})

/** Every place that this tab's history leads back to, as the browser itself keeps it. What was typed or scanned to get there it remembers besides; nothing shows that. */
async function visited(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page)
  const { entries } = await devtools.send('Page.getNavigationHistory')
  return entries.map((entry) => entry.url)
}
