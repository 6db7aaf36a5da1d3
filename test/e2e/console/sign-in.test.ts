import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startUpstream } from '../../support/upstream.ts'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

needsPeer('chromium', 'the sign-in page in a browser', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  const said: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: flags })
    gateway = await startGateway()
  })
  afterAll(async () => {
    await browser?.close()
  })

  /** A page of a browser of its own, as wide as a small phone. */
  async function open(url: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 360, height: 700 }, colorScheme })).newPage()
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(error.message))
    await page.goto(url)
    return page
  }

  /** By keyboard alone: the field has the focus. */
  async function type(page: Page, secret: string): Promise<void> {
    await page.locator('input[type=password]').focus()
    await page.keyboard.type(secret)
    await page.keyboard.press('Enter')
  }

  it('says what is wrong with a wrong token, and what to do', async () => {
    const page = await open(gateway.url)
    await type(page, 'wrong-token-wrong-token')
    await page.getByText('invalid_token').waitFor()
    expect(await page.locator('body').innerText()).toContain('xopc gateway token --show')
  })

  it.each(['light', 'dark'] as const)('signs in, shows who can come, and changes by itself (%s)', async (scheme) => {
    const page = await open(gateway.url, scheme)
    await type(page, gateway.token)
    await page.getByText('Local network').waitFor()
    expect(await page.locator('body').innerText()).toContain(gateway.url)
    const on = await gateway.xopc(['lan', 'on'])
    expect(on, on.stderr).toMatchObject({ code: 0 })
    await page.locator('[data-phase=on]').waitFor()
    await gateway.xopc(['lan', 'off'])
    await page.locator('[data-phase=off]').waitFor()
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(wider, 'scrolls sideways').toBe(0)
  })

  it('keeps the secret out of the address, the storage, the page and what scripts can read', async () => {
    const page = await open(gateway.url)
    await type(page, gateway.token)
    await page.getByText('Local network').waitFor()
    const seen = await page.evaluate(() =>
      [location.href, document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage }), document.documentElement.outerHTML].join(
        '\n',
      ),
    )
    expect(seen).not.toContain(gateway.token)
    expect(await page.evaluate(() => document.cookie)).toBe('')
    await page.reload()
    await page.getByText('Local network').waitFor()
    await page.getByText('Sign out').click()
    await page.locator('input[type=password]').waitFor()
    await page.reload()
    await page.locator('input[type=password]').waitFor()
  })

  it('runs no script but its own, and is shown in no frame', async () => {
    const page = await open(gateway.url)
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.injected = true'
      document.body.append(script)
    })
    expect(await page.evaluate(() => 'injected' in window)).toBe(false)
    const other = await startUpstream()
    const framing = await open(other.url)
    const inside = await framing.evaluate(async (url) => {
      const frame = document.createElement('iframe')
      frame.src = url
      document.body.append(frame)
      await new Promise((resolve) => frame.addEventListener('load', resolve))
      return frame.contentDocument === null
    }, gateway.url)
    expect(inside).toBe(true)
    await expect.poll(() => said.join('\n')).toMatch(/frame-ancestors/)
  })

  it('ends at once where the token was replaced', async () => {
    const page = await open(gateway.url)
    await type(page, gateway.token)
    await page.getByText('Local network').waitFor()
    await gateway.xopc(['gateway', 'token', '--generate'])
    await page.locator('input[type=password]').waitFor({ timeout: 10_000 })
  })

  it('takes no token where an app shares the address, and sends people there who ask the app for a page', async () => {
    const app = await startUpstream()
    const behind = await startGateway({ config: { gateway: { upstream: { url: app.url } } } })
    const page = await open(behind.url)
    expect(page.url()).toBe(`${behind.url}/xopc/`)
    expect(await page.locator('input[type=password]:visible').count()).toBe(0)
    expect(await page.locator('body').innerText()).toMatch(/pairing code/i)
  })
})
