import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import type { AccessState, Overview } from '../../../src/lib/protocol/http-api.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { faintTexts } from './contrast.ts'
import { openTab, signIn, startBrowser, type Tab } from './house.ts'
import { tabUntil } from './phone.ts'
import { openTailscale, password, place, startSeenGateway } from './tailnet-house.ts'

/** What axe finds, what is hard to read, and whether the page is wider than the screen. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const { faint } = await page.evaluate(faintTexts)
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  return [
    ...violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`)),
    ...faint.map(({ text, ratio }) => `faint: ${text} ${ratio}`),
    ...(beyond > 0 ? [`${beyond} px too wide`] : []),
  ]
}

const sizes = [360, 1280] as const
const themes = ['light', 'dark'] as const

async function looksGood({ page }: Tab): Promise<void> {
  for (const width of sizes) {
    await page.setViewportSize({ width, height: 900 })
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect([width, colorScheme, await faults(page)]).toEqual([width, colorScheme, []])
    }
  }
}

needsPeer(['chromium', ...tailnetPeers], 'the Tailscale tab in both themes, narrow and wide, without a mouse', (executablePath) => {
  let browser: Browser
  let tailnet: Tailnet
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    tailnet = await startTailnet()
  })

  it('looks good off, on, asking, and paired with', async () => {
    await tailnet.cli('a', ['serve', '--bg', '--https=8443', 'http://127.0.0.1:3000'])
    const gateway = await startSeenGateway(tailnet, 'a', { auth: { mode: 'password', password } })
    const tab = await openTailscale(browser, gateway.url, password)
    const { page } = tab
    await page.locator('#served').waitFor()
    await tabUntil(page, 'Enable Serve')
    await tabUntil(page, 'Serve: for how long')
    await tabUntil(page, 'Advanced')
    await page.keyboard.press('Enter')
    await tabUntil(page, 'tailscale-port')
    await looksGood(tab)
    await tabUntil(page, 'Funnel: for how long')
    await page.keyboard.type('for 8')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await looksGood(tab)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('Verified from this computer').waitFor({ timeout: 45_000 })
    await page.getByText('Closes by itself').waitFor()
    await tabUntil(page, 'Pair a device')
    await page.keyboard.press('Enter')
    await page.getByText('It comes by https://node-a.xopc-test.ts.net').waitFor({ timeout: 45_000 })
    await looksGood(tab)
    await tabUntil(page, 'Disable Funnel')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Enable Serve' }).waitFor()
    expect(tab.said).toEqual([])
  })
})

const since = '2026-01-01T00:00:00.000Z'
const url = `https://${'averylongname'.repeat(8)}.tail1234.ts.net`
const error = {
  code: 'TAILSCALE_SILENT',
  message: '`tailscale status` did not come to an end.',
  hint: 'See whether it hangs: tailscale status',
}
const login = `https://login.tailscale.com/a/${'0123456789abcdef'.repeat(4)}`
const needs = { code: 'TAILSCALE_LOGGED_OUT', message: 'This computer is not signed in.', hint: 'Sign in, and it goes on: tailscale up' }
const stopped = {
  code: 'TAILSCALE_NOT_RUNNING',
  message: 'Its service does not run.',
  hint: 'Start it: sudo systemctl start tailscaled (macOS: open it)',
}

/** States that are over too soon to be looked at, or that take long to come by; and what must be read there. */
const states: [state: AccessState, texts: RegExp[]][] = [
  [{ phase: 'starting', step: 'waiting for the certificate of a', since }, [/Starting/, /Waiting for the certificate of a/, /\d+ s\b/]],
  [
    { phase: 'blocked', needs, url: login, command: 'tailscale up' },
    [/Needs you/, /Sign in, and it goes on:\s+https:[^]*Open\s+tailscale up\s/],
  ],
  [{ phase: 'blocked', needs: stopped }, [/Start it:\s+sudo systemctl start tailscaled\s+macOS: open it/]],
  [{ phase: 'degraded', urls: [url], error, next: 'Tried again soon.' }, [/On, with a problem/, /Tried again soon\./]],
  [{ phase: 'failed', error, retryAt: null }, [/Failed/, /See whether it hangs:/]],
]

needsPeer('chromium', 'the Tailscale tab in states that do not last', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway()
  })

  it.each(states)('looks good: %j', async (state, texts) => {
    // `as`: what the route promises.
    const shown = (await (await gateway.fetch('/xopc/api/overview')).json()) as Overview
    const methods = shown.methods.map((each) => (each.id === 'tailscale' ? { ...each, intended: true, state } : each))
    const tab = await openTab(browser, 'about:blank')
    const { page } = tab
    await page.route('**/xopc/api/overview', (route) => route.fulfill({ json: { ...shown, methods } }))
    await page.goto(gateway.url + place)
    await signIn(tab, gateway.token)
    const card = page.locator('#tab-panel > .card').first()
    for (const text of texts) await expect.poll(() => card.innerText()).toMatch(text)
    await looksGood(tab)
  })
})
