import type { Browser } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startUpstream } from '../../support/upstream.ts'
import { faintTexts } from './contrast.ts'
import { openTab, signIn, startBrowser, type Tab, typeSecret } from './house.ts'

const since = '2026-01-01T00:00:00.000Z'
const error = { code: 'LAN_NO_ADDRESS', message: 'There is no network.', hint: 'Connect it. To see its addresses: xopc lan status' }
const url = `http://${'averylongname'.repeat(9)}.example:18790`

/** A way in, in each of its states, and what must be read there. */
const states: [state: object, texts: string[]][] = [
  [{ phase: 'off' }, ['Off', 'Nobody comes in this way', 'Set it up']],
  [{ phase: 'starting', step: 'listen', since }, ['Starting', 'Listen']],
  [{ phase: 'blocked', needs: error, command: 'sudo fix it' }, ['Needs you', 'There is no network.', 'xopc lan status', 'sudo fix it']],
  [{ phase: 'on', urls: [url], since, verified: null }, ['On', url]],
  [
    { phase: 'degraded', urls: [url], error, next: 'Tried again soon.' },
    ['On, with a problem', 'There is no network.', 'Tried again soon.'],
  ],
  [{ phase: 'failed', error, retryAt: null }, ['Failed', 'There is no network.', 'To see its addresses:', 'xopc lan status']],
]

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  needsPeer('chromium', 'every text can be read, and 360 px are wide enough', (executablePath) => {
    let browser: Browser
    let gateway: RunningGateway
    beforeAll(async () => {
      browser = await startBrowser(executablePath)
      gateway = await startGateway()
    })
    const open = () => openTab(browser, gateway.url, { colorScheme })

    it('before and after a wrong token', async () => {
      const tab = await open()
      await looksGood(tab, 6)
      await typeSecret(tab, 'wrong')
      await tab.page.getByRole('alert').waitFor()
      await looksGood(tab, 10)
    })

    it('beside an app', async () => {
      const app = await startUpstream()
      const other = await startGateway({ config: { gateway: { upstream: { url: app.url } } } })
      await looksGood(await openTab(browser, `${other.url}/xopc/`, { colorScheme }), 6)
    })

    it('in every state of a way in, in conflict, and without a connection', async () => {
      const tab = await open()
      const shown = await (await gateway.fetch('/xopc/api/overview')).json()
      const methods = states.map(([state]) => ({ ...shown.methods[1], state }))
      const conflicts = [{ code: 'C', message: 'Two of them collide.', fix: { title: 'Close one', command: 'xopc lan off' } }]
      await tab.page.route('**/xopc/api/overview', (route) => route.fulfill({ json: { ...shown, methods, conflicts } }))
      await signIn(tab, gateway.token)
      await tab.page.locator('#methods > li').first().waitFor()
      const cards = await tab.page.locator('#methods > li').allInnerTexts()
      for (const [index, [, texts]] of states.entries()) for (const text of texts) expect(cards[index]).toContain(text)
      expect(await tab.page.locator('#conflicts').innerText()).toMatch(/^Two of them collide\.\s+Close one\s+Code: C$/)
      await looksGood(tab, 40)
      await gateway.stop()
      await tab.page.getByText('The gateway was stopped.').waitFor()
      await looksGood(tab, 40)
    })
  })
})

async function looksGood({ page }: Tab, least: number): Promise<void> {
  const { faint, count } = await page.evaluate(faintTexts)
  expect(faint).toEqual([])
  expect(count, 'texts looked at').toBeGreaterThanOrEqual(least)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
}
