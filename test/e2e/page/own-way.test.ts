import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { openTab, signIn, startBrowser, type Tab } from './house.ts'
import { goTo } from './phone.ts'

needsPeer('chromium', 'closing the way that one came by', (executablePath) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
  })

  async function open(gateway: RunningGateway, url: string): Promise<Tab> {
    const tab = await openTab(browser, url)
    await signIn(tab, gateway.token)
    return tab
  }

  async function onLan(): Promise<{ gateway: RunningGateway; lanUrl: string }> {
    const gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
    const { methods } = await (await gateway.fetch('/xopc/api/overview')).json()
    return { gateway, lanUrl: methods[1].state.urls[0] }
  }

  const isOn = async (gateway: RunningGateway) => (await (await gateway.fetch('/xopc/api/overview')).json()).methods[1].state.phase === 'on'

  it.each([
    ['lan', 'Close'],
    ['overview', 'Turn off'],
  ])('by the network asks first (tab %s), and says afterwards where the page is', async (name, words) => {
    const { gateway, lanUrl } = await onLan()
    const tab = await open(gateway, lanUrl)
    const { page } = tab
    await goTo(tab, `remote-access?tab=${name}`)
    await page.getByRole('button', { name: words }).click()
    await page.getByRole('dialog').getByText(`You opened this page by ${lanUrl}`).waitFor()
    await page.keyboard.press('Escape')
    expect(await isOn(gateway)).toBe(true)
    await page.getByRole('button', { name: words }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Close the local network' }).click()
    await page.locator('#gone').getByText('You closed the way that you came by.').waitFor()
    await page.locator('#gone').getByText('xopc ui', { exact: true }).waitFor()
    expect(await page.locator('#gone').innerText()).not.toContain('by itself')
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    expect(await isOn(gateway)).toBe(false)
  })

  it('asks nothing of whoever came another way', async () => {
    const { gateway } = await onLan()
    const tab = await open(gateway, gateway.url)
    await goTo(tab, 'remote-access?tab=lan')
    await tab.page.getByRole('button', { name: 'Close' }).click()
    await tab.page.getByRole('button', { name: 'Open to the local network' }).waitFor()
    expect(await tab.page.getByRole('dialog').count()).toBe(0)
  })

  it('to another port asks first, and leads there', async () => {
    const gateway = await startGateway()
    const port = await freePort()
    const tab = await open(gateway, `${gateway.url}/#/settings/gateway`)
    const { page } = tab
    const line = page.locator('[id="setting-gateway.port"]')
    await line.getByRole('button', { name: 'Change' }).click()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type(String(port))
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText(`is at http://127.0.0.1:${port} from then on`).waitFor()
    await page.getByRole('button', { name: `Move to port ${port}` }).click()
    await page.locator('#gone').getByText('The gateway moved.').waitFor()
    await page
      .locator('#gone')
      .getByRole('link', { name: `http://127.0.0.1:${port}` })
      .click()
    await signIn(tab, gateway.token)
    expect(new URL(page.url()).port).toBe(String(port))
  })

  it('by the setting of the addresses asks as well', async () => {
    const { gateway, lanUrl } = await onLan()
    const tab = await open(gateway, `${lanUrl}/#/settings/gateway`)
    const { page } = tab
    const line = page.locator('[id="setting-gateway.bind"]')
    await line.getByRole('button', { name: 'Reset' }).click()
    await page.getByRole('dialog').getByText(`You opened this page by ${lanUrl}`).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Close the local network' }).click()
    await page.locator('#gone').getByText('You closed the way that you came by.').waitFor()
    expect(await isOn(gateway)).toBe(false)
  })
})
