import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { anotherTab, isLive, openTab, signIn, startBrowser, type Tab } from './house.ts'
import { beginPairing, goTo, joinByLink } from './phone.ts'
import { scan } from './qr.ts'

needsPeer('chromium', 'the page in two tabs, and loaded anew', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
  })

  /** Two tabs of one person, both at Devices. */
  async function twoTabs(): Promise<[Tab, Tab]> {
    const first = await openTab(browser, gateway.url)
    await signIn(first, gateway.token)
    await goTo(first, 'devices')
    const second = await anotherTab(first.page.context(), `${gateway.url}/#/settings/devices`)
    await isLive(second)
    return [first, second]
  }

  it('shows in both who joined by a code of one, and takes out of both who is thrown out in one', async () => {
    const [first, second] = await twoTabs()
    expect(await joinByLink(await beginPairing(first), 'Shared')).toMatchObject({ status: 200 })
    await first.page.getByText(/“Shared” joined/).waitFor()
    for (const { page } of [first, second]) await page.locator('#devices > li', { hasText: 'Shared' }).waitFor()
    // Only the tab that began it tells of its end.
    expect(await second.page.getByText(/“Shared” joined/).count()).toBe(0)
    const asked: string[] = []
    second.page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`))
    await first.page.getByRole('button', { name: 'Revoke Shared' }).click()
    await first.page.getByRole('button', { name: 'Revoke', exact: true }).click()
    for (const { page } of [first, second]) await page.locator('#devices > li').waitFor({ state: 'detached' })
    await first.page.getByText('A device joined and was revoked since.').waitFor()
    // An event told it; it asked once for what is true now.
    expect(asked.filter((line) => line.endsWith('/devices'))).toEqual(['GET /xopc/api/devices'])
    expect(first.said.concat(second.said)).toEqual([])
  })

  it('shows in both the new name that one gave a device', async () => {
    const [first, second] = await twoTabs()
    expect(await joinByLink(await beginPairing(first), 'Before')).toMatchObject({ status: 200 })
    await second.page.locator('#devices > li', { hasText: 'Before' }).waitFor()
    expect((await gateway.xopc(['devices', 'rename', 'Before', 'After'])).code).toBe(0)
    for (const { page } of [first, second]) await page.locator('#devices > li', { hasText: 'After' }).waitFor()
    expect((await gateway.xopc(['devices', 'revoke', 'After'])).code).toBe(0)
  })

  it('has a code of its own in each, which ends with its tab’s page and not with the other’s', async () => {
    const [first, second] = await twoTabs()
    const links = [await beginPairing(first), await beginPairing(second)]
    expect(new Set(links).size).toBe(2)
    const gone = first.page.waitForResponse((response) => response.request().method() === 'DELETE')
    await goTo(first, 'gateway')
    expect((await gone).status()).toBe(204)
    expect((await joinByLink(links[0] ?? '', 'Late')).status).toBe(401)
    expect((await joinByLink(links[1] ?? '', 'Second')).status).toBe(200)
    await second.page.getByText(/“Second” joined/).waitFor()
  })

  it('shows the same code again when it is loaded anew, with the time that is left, and says who joins by it', async () => {
    const tab = await openTab(browser, gateway.url)
    const { page } = tab
    await signIn(tab, gateway.token)
    const link = await beginPairing(tab)
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(link.split('ps=')[1])
    await page.reload()
    await isLive(tab)
    await page.getByRole('tab', { name: 'xopc app' }).click()
    expect(await scan(page)).toBe(link)
    await page.getByText(/^[0-4]:\d\d left, for one device$/).waitFor()
    expect((await joinByLink(link, 'Patient')).status).toBe(200)
    await page.getByText(/“Patient” joined/).waitFor()
    await page.reload()
    await isLive(tab)
    await page.getByRole('button', { name: 'Pair a device' }).waitFor()
    expect(await page.locator('svg.qr').count()).toBe(0)
    expect(tab.said).toEqual([])
  })
})
