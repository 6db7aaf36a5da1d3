import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { isLive, openTab, signIn, startBrowser, type Tab } from './house.ts'
import { joinByLink } from './phone.ts'

/** Moved by this page itself, as Web Vitals count it; good there is below 0.1. */
const LIMIT = 0.01
const places = [
  ['remote-access?tab=overview', 'How it is used'],
  ['remote-access?tab=tailscale', 'Tailscale on this computer'],
  ['remote-access?tab=public', 'Traffic goes through'],
  ['remote-access?tab=reverse-proxy', '/etc/caddy/Caddyfile'],
  ['remote-access?tab=ssh', 'Open this address there'],
  ['remote-access?tab=lan', 'Addresses of this computer'],
  ['gateway', 'maxSseConnections'],
  ['devices', 'Pixel'],
] as const

async function open(browser: Browser, gateway: RunningGateway, width: number): Promise<Tab> {
  const tab = await openTab(browser, 'about:blank', { viewport: { width, height: 800 } })
  await tab.page.addInitScript(() => {
    const shifts: string[] = []
    Object.assign(window, { shifts })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if ('value' in entry && 'hadRecentInput' in entry && !entry.hadRecentInput && 'sources' in entry && Array.isArray(entry.sources)) {
          const moved = entry.sources.map(({ node }) => (node instanceof Element ? `${node.tagName}.${node.className}#${node.id}` : 'gone'))
          shifts.push(`${location.hash} ${moved.join(' and ')} ${String(entry.value)}`)
        }
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await tab.page.goto(gateway.url)
  await signIn(tab, gateway.token)
  return tab
}

async function moved({ page }: Tab): Promise<string[]> {
  return await page.evaluate(() => ('shifts' in window && Array.isArray(window.shifts) ? window.shifts.map(String) : ['not looked at 1']))
}

const sumOf = (shifts: readonly string[]): number => shifts.reduce((all, each) => all + Number(each.split(' ').at(-1)), 0)

needsPeer('chromium', 'everything on the page keeps its place', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
    const { links } = await (await gateway.fetch('/xopc/api/pair', { method: 'POST' })).json()
    await joinByLink(links.app, 'Pixel')
  })

  it.each([360, 1280])('while it draws, at %i px, with a device that came in', async (width) => {
    const tab = await open(browser, gateway, width)
    for (const [place, text] of places) {
      await tab.page.goto(`${gateway.url}/#/settings/${place}`)
      await tab.page.reload()
      await isLive(tab)
      await tab.page.getByText(text).first().waitFor()
      const shifts = await moved(tab)
      expect(sumOf(shifts), shifts.join('; ')).toBeLessThan(LIMIT)
    }
  })
})

needsPeer('chromium', 'a page whose gateway goes away', (executablePath) => {
  it.each([360, 1280])('is greyed with its age, offers nothing that cannot be done, and moves nothing, at %i px', async (width) => {
    const gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
    const tab = await open(await startBrowser(executablePath), gateway, width)
    const { page } = tab
    await page.getByText('How it is used').waitFor()
    const before = sumOf(await moved(tab))
    const place = await page.locator('h1').boundingBox()
    await gateway.stop()
    await page.locator('#gone').getByText('The gateway was stopped.').waitFor()
    await page
      .locator('#gone')
      .getByText(/\d s ago|just now/)
      .waitFor()
    expect(await page.locator('h1').boundingBox()).toEqual(place)
    const shifts = await moved(tab)
    expect(sumOf(shifts) - before, shifts.join('; ')).toBeLessThan(LIMIT)
    const colours = await page.evaluate(() => {
      const colour = (selector: string) => getComputedStyle(document.querySelector(selector) ?? document.body).color
      return [colour('#reach'), colour('h1'), colour('#methods h2'), colour('.quiet')]
    })
    expect(new Set(colours).size).toBe(1)
    const off = page.getByRole('button', { name: /^Turn off/ }).first()
    expect(await off.getAttribute('aria-disabled')).toBe('true')
    await off.focus()
    await page.keyboard.press('Enter')
    // It is not tried, so nothing is said of it.
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.getByRole('tab', { name: 'Local network' }).click()
    expect(await page.getByRole('button', { name: 'Close' }).getAttribute('aria-disabled')).toBe('true')
    expect(await page.getByRole('tab', { name: 'Local network', selected: true }).count()).toBe(1)
    await startGateway({ stateDir: gateway.stateDir, args: ['--port', String(gateway.port)] })
    await page.getByText('The gateway was started again').waitFor()
  })
})
