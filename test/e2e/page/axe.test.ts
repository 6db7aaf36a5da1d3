import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { openTab, signIn, startBrowser } from './house.ts'

/** Every place, and what is read there once everything is drawn. */
const places: [place: string, text: string][] = [
  ['remote-access?tab=overview', 'How it is used'],
  ['remote-access?tab=tailscale', 'Tailscale on this computer'],
  ['remote-access?tab=public', 'Traffic goes through'],
  ['remote-access?tab=reverse-proxy', '/etc/caddy/Caddyfile'],
  ['remote-access?tab=ssh', 'leave it running'],
  ['remote-access?tab=lan', 'Addresses of this computer'],
  ['gateway', 'maxSseConnections'],
  ['devices', 'Pair a device'],
]
const sizes = [360, 1280] as const

/** What axe finds, as lines that a person can act on. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`))
}

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  needsPeer('chromium', 'axe finds nothing, and nothing is wider than the screen', (executablePath) => {
    let browser: Browser
    let gateway: RunningGateway
    beforeAll(async () => {
      browser = await startBrowser(executablePath)
      gateway = await startGateway()
    })

    it.each(sizes)('on the sign-in page, where a link leads, and in the manual, %d px wide', async (width) => {
      for (const path of ['/', '/xopc/pair#ps=abc', '/xopc/errors.html']) {
        const { page, said } = await openTab(browser, gateway.url + path, { colorScheme, viewport: { width, height: 800 } })
        await page.getByRole('heading', { level: 1 }).waitFor()
        expect([path, await faults(page)]).toEqual([path, []])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
        expect(said).toEqual([])
        await page.context().close()
      }
    })

    it.each(sizes)('beside a QR code, a conflict, a failed test and a question, %d px wide', async (width) => {
      const open = await startGateway({ config: { gateway: { bind: 'lan', trustedProxies: ['10.0.0.0/8'] } } })
      const tab = await openTab(browser, `${open.url}/#/settings/remote-access?tab=lan`, { colorScheme, viewport: { width, height: 800 } })
      const { page } = tab
      await signIn(tab, open.token)
      await page.getByRole('button', { name: 'Pair a device' }).click()
      await page.locator('svg.qr').waitFor()
      await page.getByText('TRUSTED_PROXIES_WIDE').waitFor()
      expect(await faults(page)).toEqual([])
      await page.getByRole('tab', { name: 'Reverse proxy' }).click()
      await page.getByLabel('Address of your proxy').fill('https://127.0.0.1:1')
      await page.getByRole('button', { name: 'Test', exact: true }).click()
      await page.locator('[data-status=fail]').waitFor()
      await page.getByText('/etc/caddy/Caddyfile').first().waitFor()
      expect(await faults(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      await page.goto(`${open.url}/#/settings/gateway`)
      await page.getByRole('button', { name: 'Change gateway.auth.mode' }).click()
      await page.getByRole('combobox').selectOption('none')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('dialog').waitFor()
      expect(await faults(page)).toEqual([])
    })

    it.each(sizes)('on every tab, %d px wide', async (width) => {
      const tab = await openTab(browser, gateway.url, { colorScheme, viewport: { width, height: 800 } })
      await signIn(tab, gateway.token)
      for (const [place, text] of places) {
        await tab.page.goto(`${gateway.url}/#/settings/${place}`)
        await tab.page.getByText(text).first().waitFor()
        expect([place, await faults(tab.page)]).toEqual([place, []])
        expect([place, await tab.page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([
          place,
          expect.toSatisfy((wide) => wide <= width),
        ])
      }
      expect(tab.said).toEqual([])
    })
  })
})
