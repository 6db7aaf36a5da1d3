import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startUpstream } from '../../support/upstream.ts'
import { openTab, signIn, startBrowser } from './house.ts'

needsPeer('chromium', 'what a browser lets others do with the page', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway()
  })

  it.each([
    ['a script', (): void => void (document.body.appendChild(document.createElement('script')).textContent = 'injected = 1')],
    ['an attribute', (): void => (document.body.setAttribute('onclick', 'injected = 1'), document.body.click())],
    ['a picture from elsewhere', (): void => void (document.body.appendChild(new Image()).src = 'http://127.0.0.2:9/?injected')],
  ])('does not run %s that was put into it', async (_what, inject) => {
    const tab = await openTab(browser, gateway.url)
    const asked: string[] = []
    tab.page.on('requestfinished', (request) => asked.push(request.url()))
    await signIn(tab, gateway.token)
    expect(tab.said).toEqual([])
    await tab.page.evaluate(inject)
    await expect.poll(() => tab.said.join('\n')).toMatch(/Content Security Policy/)
    expect(await tab.page.evaluate(() => 'injected' in window)).toBe(false)
    expect(asked.filter((url) => url.includes('injected'))).toEqual([])
  })

  it('shows nothing in a frame of another origin', async () => {
    const other = await startUpstream()
    for (const [url, shown] of [
      [`${other.url}/status/200`, true],
      [gateway.url, false],
    ] as const) {
      const { page } = await openTab(browser, other.url)
      await page.evaluate((src) => {
        const frame = document.body.appendChild(document.createElement('iframe'))
        frame.src = src
        return new Promise((resolve) => frame.addEventListener('load', resolve))
      }, url)
      expect(page.frames()[1]?.url()).toBe(shown ? url : 'chrome-error://chromewebdata/')
    }
  })
})

needsPeer('chromium', 'the page beside an app', (executablePath) => {
  it('is where a person without a session is sent, explains, and takes no token', async () => {
    const browser = await startBrowser(executablePath)
    const app = await startUpstream()
    const gateway = await startGateway({ config: { gateway: { upstream: { url: app.url } } } })
    const tab = await openTab(browser, 'about:blank')
    const [first] = await Promise.all([tab.page.waitForResponse(`${gateway.url}/`), tab.page.goto(`${gateway.url}/`)])
    expect([first.status(), first.headers()['location']]).toEqual([303, '/xopc/'])
    expect(tab.page.url()).toBe(`${gateway.url}/xopc/`)
    expect(await tab.page.locator('main').innerText()).toMatch(/pairing code.*takes no token/s)
    expect(await tab.page.locator('input, form, button, script').count()).toBe(0)
    expect(tab.said).toEqual([])
  })
})
