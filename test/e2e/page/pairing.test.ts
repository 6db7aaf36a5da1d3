import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { isLive, openTab, signIn, startBrowser, type Tab } from './house.ts'
import { scan } from './qr.ts'

const go = async ({ page }: Tab, place: string): Promise<void> =>
  page.evaluate((hash) => void (location.hash = hash), `#/settings/${place}`)

/** A phone that knows only the link: joins and gives what it was told. */
async function joinAsPhone(link: string | null, deviceName: string): Promise<{ token: string; baseUrl: string }> {
  const read = readAppLink(link ?? '')
  if (read === null) throw new Error(`no app link: ${link}`)
  const reply = await fetch(`${read.baseUrl}/api/tunnel/exchange-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pairingSecret: read.secret, deviceName, platform: 'android' }),
  })
  expect(reply.status).toBe(200)
  // `as`: the reply of an exchange, as far as it is used here.
  return { ...((await reply.json()) as { token: string }), baseUrl: read.baseUrl }
}

const asOwner = ({ token }: RunningGateway) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' })

/** What the owner is told. */
async function known(gateway: RunningGateway) {
  const ask = async (path: string) => (await gateway.fetch(`/xopc/api/${path}`)).json()
  return { overview: await ask('overview'), status: await ask('status') }
}

needsPeer('chromium', 'pairing on the page', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
  })

  it('shows a code that a phone scans, says who joined, and throws it out again with one click', async () => {
    const tab = await openTab(browser, gateway.url, { colorScheme: 'dark' })
    const { page } = tab
    await signIn(tab, gateway.token)
    await go(tab, 'devices')
    await page.getByText('No device is paired.').waitFor()
    await page.getByRole('button', { name: 'Pair a device' }).click()
    await page.getByRole('tab', { name: 'xopc app' }).click()
    const box = await page.locator('svg.qr').boundingBox()
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(216)
    // Every module is as wide as every other.
    const modules = Number((await page.locator('svg.qr').getAttribute('viewBox'))?.split(' ')[2])
    expect((box?.width ?? 0) % modules).toBe(0)
    for (const text of ['changes no settings', 'left, for one device']) await page.getByText(text).waitFor()
    const phone = await joinAsPhone(await scan(page), 'Pixel')
    await page.getByText(/“Pixel” joined from \S+ by the local network/).waitFor()
    const card = page.locator('#devices > li', { hasText: 'Pixel' })
    await card.getByText(/Last seen .* by the local network from /).waitFor()

    const stream = await fetch(`${phone.baseUrl}/api/events`, { headers: { authorization: `Bearer ${phone.token}` } })
    expect(stream.status).toBe(200)
    // It is cut off in the middle, not ended.
    const ended = stream.text().catch(() => 'cut off')
    await card.getByRole('button', { name: 'Rename Pixel' }).click()
    await page.keyboard.type('Anna’s phone')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Anna’s phone' }).waitFor()
    await page.getByRole('button', { name: 'Revoke Anna’s phone' }).click()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel')
    await page.getByRole('button', { name: 'Revoke', exact: true }).click()
    await page.getByText('No device is paired.').waitFor()
    await ended
    const after = await fetch(`${phone.baseUrl}/api/status`, { headers: { authorization: `Bearer ${phone.token}` } })
    expect(after.status).toBe(401)
    expect(tab.said).toEqual([])
  })

  it('lets any browser in by its link, which leaves nothing in the address, and once', async () => {
    const tab = await openTab(browser, gateway.url)
    await signIn(tab, gateway.token)
    await go(tab, 'devices')
    await tab.page.getByRole('button', { name: 'Pair a device' }).click()
    const link = await scan(tab.page)
    expect(link).toMatch(/^http:\/\/[[\]\w.:]+\/xopc\/pair#ps=[\w-]{43}$/)
    const other = await openTab(browser, link ?? '')
    await other.page.getByRole('heading', { name: 'Join this gateway' }).waitFor()
    expect(other.page.url()).toBe(link?.split('#')[0])
    expect(await other.page.locator('#fingerprint').innerText()).toMatch(/^SHA256:[\w+/]{43}$/)
    // As it is named where the code was made, and by the same key.
    const { overview, status } = await known(gateway)
    await other.page.getByText(overview.ssh.hosts[0], { exact: true }).waitFor()
    await tab.page.getByText(status.fingerprint, { exact: true }).waitFor()
    expect(await other.page.locator('#fingerprint').innerText()).toBe(status.fingerprint)
    await other.page.getByText('changes no settings').waitFor()
    await other.page.getByLabel('Name of this browser').fill('Tablet')
    await other.page.getByRole('button', { name: 'Join' }).click()
    await isLive(other)
    await tab.page.getByText(/“Tablet” joined/).waitFor()
    // It looks, and what changes things is not offered.
    await other.page.getByText('change nothing').waitFor()
    expect(await other.page.getByText('Turn off').count()).toBe(0)
    const [cookie, ...rest] = await other.page.context().cookies()
    expect(rest).toEqual([])
    expect(cookie).toMatchObject({ name: 'xopc_device', httpOnly: true, sameSite: 'Lax' })
    // Chromium remarks that plain http keeps no header of ours about openers.
    expect(other.said.filter((line) => !line.includes('Cross-Origin-Opener-Policy'))).toEqual([])

    const thief = await openTab(browser, link ?? '')
    await thief.page.getByRole('button', { name: 'Join' }).click()
    await thief.page.getByText('PAIRING_INVALID').waitFor()

    await tab.page.locator('#devices > li', { hasText: 'Tablet' }).getByRole('button', { name: 'Revoke Tablet' }).click()
    await tab.page.getByRole('button', { name: 'Revoke', exact: true }).click()
    await other.page.getByText('The owner took this browser’s access back.').waitFor()
    await other.page.getByText('xopc pair --browser', { exact: true }).waitFor()
    // The token is the owner's, who may sit here as well.
    expect(await other.page.getByLabel('Gateway token', { exact: true }).isVisible()).toBe(false)
    await other.page.getByText('Sign in as the owner').click()
    await signIn(other, gateway.token)
  })

  it('says of a link without its code what to do, and joins nothing', async () => {
    const { page, said } = await openTab(browser, `${gateway.url}/xopc/pair`)
    await page.getByText('holds no pairing code').waitFor()
    expect(await page.getByRole('button', { name: 'Join' }).count()).toBe(0)
    // Strangers, whom nobody gave a code, learn no name of this computer.
    expect(await page.evaluate(() => document.body.dataset['name'])).toBe(undefined)
    expect(await page.locator('dt').allInnerTexts()).toEqual(['Address', 'Its key', 'Allowed'])
    expect(said).toEqual([])
  })

  it('takes a code back that nobody looks at any more', async () => {
    const tab = await openTab(browser, gateway.url)
    await signIn(tab, gateway.token)
    await go(tab, 'devices')
    await tab.page.getByRole('button', { name: 'Pair a device' }).click()
    const link = await scan(tab.page)
    const gone = tab.page.waitForResponse((response) => response.request().method() === 'DELETE')
    await go(tab, 'gateway')
    expect((await gone).status()).toBe(204)
    const other = await openTab(browser, link ?? '')
    await other.page.getByRole('button', { name: 'Join' }).click()
    await other.page.getByText('PAIRING_INVALID').waitFor()
  })
})

needsPeer('chromium', 'a device that comes again', (executablePath) => {
  it('is seen on the open page without anybody asking, and is no witness of a way that it did not take', async () => {
    const first = await startGateway({ config: { gateway: { bind: 'lan' } } })
    const { links } = await (await first.fetch('/xopc/api/pair', { method: 'POST', headers: asOwner(first), body: '{}' })).json()
    const phone = await joinAsPhone(links.app, 'Pixel')
    const comes = async (url: string) => {
      const reply = await fetch(`${url}/xopc/api/devices/me`, { headers: { authorization: `Bearer ${phone.token}` } })
      expect(reply.status).toBe(200)
    }
    // Both networks are known from then on, and so no news by themselves.
    for (const url of [first.url, phone.baseUrl]) await comes(url)
    await first.stop()
    const gateway = await startGateway({ stateDir: first.stateDir, args: ['--port', String(first.port)] })
    const tab = await openTab(await startBrowser(executablePath), gateway.url)
    const { page } = tab
    await signIn(tab, gateway.token)
    const witness = page.locator('#methods > li', { hasText: 'Local network' }).getByText('“Pixel” came in')
    await witness.waitFor()
    await go(tab, 'devices')
    const seen = page.locator('#devices > li', { hasText: 'Pixel' }).locator('p', { hasText: 'Last seen' })
    await seen.getByText('by the local network').waitFor()
    await comes(gateway.url)
    await seen.getByText('by this computer, or a proxy on it').waitFor()
    await go(tab, 'remote-access?tab=overview')
    await page.getByText('How it is used').waitFor()
    await expect.poll(() => witness.count()).toBe(0)
  })
})

needsPeer('chromium', 'a gateway that only this computer reaches', (executablePath) => {
  it('draws no QR code, says why, and mends it with a button', async () => {
    const gateway = await startGateway()
    const tab = await openTab(await startBrowser(executablePath), gateway.url)
    const { page }: { page: Page } = tab
    await signIn(tab, gateway.token)
    await go(tab, 'devices')
    await page.getByRole('button', { name: 'Pair a device' }).click()
    await page.getByText('GATEWAY_LOOPBACK_ONLY').waitFor()
    expect(await page.locator('svg.qr').count()).toBe(0)
    await page.getByText('Only this computer reaches the gateway').waitFor()
    await page.getByRole('button', { name: 'Open to your network' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Open to the local network' }).click()
    await page.locator('svg.qr').waitFor()
    expect((await (await gateway.fetch('/xopc/api/overview')).json()).methods[1].state.phase).toBe('on')
  })
})
