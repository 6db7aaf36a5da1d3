import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { openTab, signIn, startBrowser, type Tab } from './house.ts'
import { beginPairing, goTo } from './phone.ts'

needsPeer('chromium', 'copying where the browser forbids it', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  let lanUrl: string
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
    // `as`: what the route promises.
    const { candidates } = (await (await gateway.fetch('/xopc/api/tunnel/pair/context')).json()) as { candidates: { url: string }[] }
    lanUrl = candidates[0]?.url ?? ''
  })

  /** Over plain http from another computer there is no clipboard at all; on this one a person can deny it. */
  async function open(how: 'plain http' | 'denied'): Promise<Tab> {
    const tab = await openTab(browser, how === 'denied' ? gateway.url : lanUrl, { viewport: { width: 1280, height: 800 } })
    await signIn(tab, gateway.token)
    if (how === 'denied') await deny(tab.page)
    return tab
  }

  /** What a person answers who is asked whether this page may use the clipboard. */
  async function deny(page: Page): Promise<void> {
    const devtools = await page.context().newCDPSession(page)
    const { targetInfo } = await devtools.send('Target.getTargetInfo')
    const context = targetInfo.browserContextId === undefined ? {} : { browserContextId: targetInfo.browserContextId }
    for (const allowWithoutSanitization of [true, false]) {
      const permission = { name: 'clipboard-write', allowWithoutSanitization }
      await devtools.send('Browser.setPermission', { permission, setting: 'denied', ...context })
    }
  }

  /** What Ctrl+C takes, by pasting it somewhere else. */
  async function copiedByHand(page: Page): Promise<string> {
    await page.keyboard.press('ControlOrMeta+C')
    const other = await page.context().newPage()
    await other.setContent('<textarea autofocus></textarea>')
    await other.locator('textarea').focus()
    await other.keyboard.press('ControlOrMeta+V')
    const text = await other.locator('textarea').inputValue()
    await other.close()
    return text
  }

  it.each(['plain http', 'denied'] as const)('%s: says what to press, and has the command selected for it', async (how) => {
    const tab = await open(how)
    const { page } = tab
    expect(
      await page.evaluate(
        () =>
          navigator.clipboard?.writeText('before').then(
            () => 'copied',
            () => 'denied',
          ) ?? 'none',
      ),
    ).toBe(how === 'denied' ? 'denied' : 'none')
    await goTo(tab, 'remote-access?tab=ssh')
    const button = page.getByRole('button', { name: /^Copy ssh / }).first()
    await button.click()
    await page.getByRole('button', { name: 'Press Ctrl+C' }).waitFor()
    expect(await copiedByHand(page)).toMatch(/^ssh -N -L \d+:127\.0\.0\.1:\d+ \S+@\S+$/)
    await button.waitFor()
    // Chromium remarks that plain http keeps no header of ours about openers.
    expect(tab.said.filter((line) => !line.includes('Cross-Origin-Opener-Policy'))).toEqual([])
  })

  it.each(['plain http', 'denied'] as const)(
    '%s: shows the link of a pairing code, selected, which is nowhere else to be read',
    async (how) => {
      const tab = await open(how)
      const { page } = tab
      await beginPairing(tab)
      await page.getByRole('tab', { name: 'Any browser' }).click()
      await page.getByRole('button', { name: 'Copy link' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Press Ctrl+C' }).waitFor()
      const link = await copiedByHand(page)
      expect(link).toMatch(/^http:\/\/\S+\/xopc\/pair#ps=[\w-]{43}$/)
      // It does not push the page sideways.
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
      const other = await openTab(browser, link)
      await other.page.getByRole('button', { name: 'Join' }).waitFor()
    },
  )

  it('says nothing of keys where there are none', async () => {
    const tab = await openTab(browser, lanUrl, { hasTouch: true, isMobile: true })
    await signIn(tab, gateway.token)
    await goTo(tab, 'remote-access?tab=ssh')
    await tab.page
      .getByRole('button', { name: /^Copy ssh / })
      .first()
      .tap()
    await tab.page.getByRole('button', { name: 'Selected' }).waitFor()
    expect(await tab.page.evaluate(() => String(getSelection()))).toMatch(/^ssh -N /)
  })

  it('shows the link on a small screen without leaving it', async () => {
    const tab = await openTab(browser, lanUrl)
    await signIn(tab, gateway.token)
    await beginPairing(tab)
    await tab.page.getByRole('button', { name: 'Copy link' }).click()
    await tab.page.getByRole('button', { name: 'Press Ctrl+C' }).waitFor()
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    expect(await tab.page.evaluate(() => String(getSelection()))).toMatch(/^xopc:\/\/gateway\/mobile-connect\?/)
  })
})
