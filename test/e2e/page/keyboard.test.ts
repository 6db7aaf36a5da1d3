import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { openTab, signIn, startBrowser } from './house.ts'

/** What has the focus: its words, and whether a person sees that it has it. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement } = document
    const element = activeElement instanceof HTMLElement ? activeElement : document.body
    const words = element.getAttribute('aria-label') ?? (element.innerText.trim() || element.id)
    return { words, seen: getComputedStyle(element).outlineStyle === 'solid', tag: element.tagName }
  })

/** Presses Tab until the focus is on something of these words; every stop on the way must be seen. */
async function tabTo(page: Page, words: string | RegExp): Promise<void> {
  const met: string[] = []
  for (let step = 0; step < 80; step++) {
    await page.keyboard.press('Tab')
    const at = await focused(page)
    // After the last stop a browser goes round by its own bars.
    if (at.tag !== 'BODY') expect(at.seen, `focus is not seen on “${at.words}”`).toBe(true)
    met.push(at.words)
    if (typeof words === 'string' ? at.words === words : words.test(at.words)) return
  }
  throw new Error(`no stop “${String(words)}” among: ${met.join(' | ')}`)
}

needsPeer('chromium', 'the page without a mouse', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway()
  })

  it('goes through tabs by arrows, opens the network, pairs, and signs out', async () => {
    const tab = await openTab(browser, gateway.url, { viewport: { width: 1280, height: 800 } })
    const { page } = tab
    await signIn(tab, gateway.token)
    await tabTo(page, 'Overview')
    await page.keyboard.press('End')
    await page.getByRole('tab', { name: 'Local network', selected: true }).waitFor()
    expect(page.url()).toContain('tab=lan')
    await page.keyboard.press('ArrowRight')
    await page.getByRole('tab', { name: 'Overview', selected: true }).waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('tab', { name: 'Local network', selected: true }).waitFor()

    await tabTo(page, 'Open to the local network')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    expect(await focused(page)).toMatchObject({ words: 'Cancel', seen: true })
    await page.keyboard.press('Escape')
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect((await focused(page)).words).toBe('Open to the local network')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await tabTo(page, 'Open to the local network')
    await page.keyboard.press('Enter')
    await page.locator('[data-phase=on]').waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(async () => (await focused(page)).tag).toBe('MAIN')

    await tabTo(page, 'Pair a device')
    await page.keyboard.press('Enter')
    await page.locator('svg.qr').waitFor()
    await tabTo(page, 'Copy link')
    await tabTo(page, /^To the content$/)
    await page.keyboard.press('Enter')
    expect((await focused(page)).tag).toBe('MAIN')
    // It moves the focus, and no one to another page.
    expect(page.url()).toContain('#/settings/remote-access?tab=lan')
    expect(await page.getByRole('tab', { name: 'Local network', selected: true }).count()).toBe(1)
    await page.keyboard.press('Shift+Tab')
    await tabTo(page, 'To the content')
    await tabTo(page, 'Sign out')
    await page.keyboard.press('Enter')
    await page.getByText('You are signed out.').waitFor()
    await expect.poll(async () => (await focused(page)).words).toBe('secret')
  })

  it('says Copied where it copied, and selects the text where the browser forbids it', async () => {
    for (const [permissions, words] of [
      [['clipboard-write', 'clipboard-read'], 'Copied'],
      [[], 'Press Ctrl+C'],
    ] as const) {
      const tab = await openTab(browser, `${gateway.url}/#/settings/remote-access?tab=ssh`, { viewport: { width: 1280, height: 800 } })
      await tab.page.context().clearPermissions()
      await tab.page.context().grantPermissions([...permissions])
      if (permissions.length === 0) await tab.page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
      await tab.page.reload()
      await signIn(tab, gateway.token)
      await tabTo(tab.page, /^Copy ssh /)
      await tab.page.keyboard.press('Enter')
      await tab.page.getByRole('button', { name: words }).waitFor()
      const copied = await tab.page.evaluate(
        (allowed) => (allowed ? navigator.clipboard.readText() : String(getSelection())),
        words === 'Copied',
      )
      expect(copied.trim()).toMatch(/^ssh -N -L \d+:127\.0\.0\.1:\d+ \S+@\S+$/)
      await tab.page
        .getByRole('button', { name: /^Copy ssh/ })
        .first()
        .waitFor()
      await tab.page.context().close()
    }
  })
})
