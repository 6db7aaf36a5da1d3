import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startXopc } from '../cli/running.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { isLive, openTab, signIn, startBrowser, type Tab } from './house.ts'
import { beginPairing, joinByLink } from './phone.ts'
import { scan } from './qr.ts'

needsPeer('chromium', 'a gateway that starts anew under an open page', (executablePath) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
  })

  const begin = () => startGateway({ config: { gateway: { bind: 'lan' } } })
  const again = ({ stateDir, port }: RunningGateway) => startGateway({ stateDir, args: ['--port', String(port)] })

  /** The page of `xopc ui`, whose key outlives the gateway. */
  async function openUi({ stateDir }: RunningGateway): Promise<Tab> {
    const [link] = await startXopc(['ui', '--no-open'], { stateDir }).says(/http:\S+#code=[\w-]{43}/)
    const tab = await openTab(browser, link)
    await isLive(tab)
    return tab
  }

  it('in the middle of pairing: the page of xopc ui is back by itself, and shows no code that is worth nothing', async () => {
    const gateway = await begin()
    const tab = await openUi(gateway)
    const { page } = tab
    const link = await beginPairing(tab)
    await gateway.stop()
    await page.getByText('The gateway was stopped. What you see is from').waitFor()
    expect(await page.getByText('This page comes back by itself.').isVisible()).toBe(true)
    await again(gateway)
    await isLive(tab)
    expect(await page.locator('#gone').innerText()).toBe('')
    await page.getByText('the gateway was started again').waitFor()
    expect(await page.locator('svg.qr').count()).toBe(0)
    expect((await joinByLink(link, 'Too late')).status).toBe(401)
    await page.getByRole('button', { name: 'Make another code' }).click()
    await page.locator('svg.qr').waitFor()
    await page.getByRole('tab', { name: 'xopc app' }).click()
    expect((await joinByLink((await scan(page)) ?? '', 'In time')).status).toBe(200)
    await page.getByText(/“In time” joined/).waitFor()
  })

  it('in the middle of pairing: the gateway’s own page asks in words to sign in, and then for another code', async () => {
    const gateway = await begin()
    const tab = await openTab(browser, gateway.url)
    const { page } = tab
    await signIn(tab, gateway.token)
    const link = await beginPairing(tab)
    await gateway.kill9()
    await page.getByText('No connection to the gateway. What you see is from').waitFor()
    await again(gateway)
    await page.getByText('The gateway was started again, which ends every session. Sign in again.').waitFor()
    expect(await page.evaluate(() => sessionStorage.getItem('xopc.session-key'))).toBe(null)
    await signIn(tab, gateway.token)
    await page.getByRole('button', { name: 'Pair a device' }).waitFor()
    expect(await page.locator('svg.qr').count()).toBe(0)
    expect((await joinByLink(link, 'Too late')).status).toBe(401)
  })

  it('leaves a paired browser signed in: its page is back by itself', async () => {
    const gateway = await begin()
    const owner = await openTab(browser, gateway.url)
    await signIn(owner, gateway.token)
    await beginPairing(owner)
    await owner.page.getByRole('tab', { name: 'Any browser' }).click()
    const paired = await openTab(browser, (await scan(owner.page)) ?? '')
    await paired.page.getByRole('button', { name: 'Join' }).click()
    await isLive(paired)
    await gateway.stop()
    await paired.page.getByText('The gateway was stopped. What you see is from').waitFor()
    await again(gateway)
    await isLive(paired)
    expect(await paired.page.locator('#gone').innerText()).toBe('')
    await paired.page.getByText('You can look here, and change nothing.').waitFor()
  })
})
