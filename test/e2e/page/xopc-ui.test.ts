import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { join } from 'node:path'
import { root } from '../../support/build.ts'
import { atEnd } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { start } from '../../support/run.ts'
import { startBroker } from '../broker/house.ts'
import { tunnelPeers, visit } from '../tunnel/house.ts'
import { isLive, openTab, startBrowser } from './house.ts'
import { addressOn, place, startAgreeing, startUnagreed } from './tunnel-house.ts'

/** `xopc ui --no-open` of this gateway, until the test file ends; gives the link that it printed. */
async function startUi({ stateDir }: RunningGateway): Promise<string> {
  const env = { ...process.env, HOME: stateDir, XOPC_STATE_DIR: stateDir, NO_COLOR: '1' }
  const child = start([process.execPath, join(root, 'bin/run.js'), 'ui', '--no-open'], { env, timeoutMs: 120_000 })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  atEnd(async () => {
    child.kill('SIGINT')
    await gone
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  await expect.poll(() => said, { timeout: 15_000 }).toMatch(/#code=[\w-]{43}/)
  return /http:\S+#code=[\w-]{43}/.exec(said)?.[0] ?? ''
}

needsPeer('chromium', 'the page of xopc ui', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway({ config: { gateway: { upstream: { url: 'http://127.0.0.1:9' } } } })
  })

  it('is signed in by its link, may change everything, also beside an app, and lasts over a reload', async () => {
    const tab = await openTab(browser, await startUi(gateway))
    const { page } = tab
    await isLive(tab)
    expect(page.url()).not.toContain('code=')
    expect(await page.getByText('change nothing').count()).toBe(0)
    expect(await page.getByText('Sign out').count()).toBe(0)
    await page.goto(`${new URL(page.url()).origin}/#/settings/gateway`)
    const line = page.locator('[id="setting-gateway.maxSseConnections"]')
    await line.getByRole('button', { name: 'Change' }).click()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('300')
    await page.keyboard.press('Enter')
    await line.getByText('Saved and applied.').waitFor()
    await page.reload()
    await isLive(tab)
    await line.getByText('300').waitFor()
    expect(tab.said).toEqual([])
  })

  it('tells a tab with a used link, and one without, what to type', async () => {
    const link = await startUi(gateway)
    await isLive(await openTab(browser, link))
    const thief = await openTab(browser, link)
    await thief.page.getByText('UI_LINK_INVALID').waitFor()
    expect(await thief.page.evaluate(() => [location.hash, sessionStorage.length])).toEqual(['', 0])
    const other = await openTab(browser, new URL(link).origin)
    await other.page.getByText('UI_KEY_MISSING').waitFor()
    expect(other.said).toEqual([])
  })

  it('says once that the gateway is gone, also where it is gone before anything was seen', async () => {
    const own = await startGateway()
    const tab = await openTab(browser, await startUi(own))
    const { page } = tab
    await isLive(tab)
    await own.stop()
    await page.locator('#gone').getByText('What you see is from').waitFor()
    await page.getByText(/\(\d+ s ago\)/).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.reload()
    await page.getByRole('alert').waitFor()
    expect(await page.locator('#gone').innerText()).toBe('')
  })
})

needsPeer(['chromium', ...tunnelPeers], 'the public tunnel on the page of xopc ui', (executablePath, frps, frpc) => {
  it('is agreed to, opened with its steps, tested and stopped', async () => {
    const [browser, broker] = await Promise.all([startBrowser(executablePath), startBroker(frps)])
    const gateway = await startUnagreed(frpc, broker.url)
    const tab = await openTab(browser, await startUi(gateway))
    const { page } = tab
    await isLive(tab)
    await page.goto(new URL(page.url()).origin + place)
    await startAgreeing(page)
    const url = await addressOn(page)
    expect((await visit(`${url}/health`)).status).toBe(200)
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText(`${url} leads to this gateway.`).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Start remote access' }).waitFor()
    expect((await visit(`${url}/health`)).status).toBe(404)
    expect(tab.said).toEqual([])
  })
})
