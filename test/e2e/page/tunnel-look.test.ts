import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import type { AccessState, MethodView, Overview, Verification } from '../../../src/lib/protocol/http-api.ts'
import type { TunnelStatus } from '../../../src/lib/protocol/tunnel-api.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { faintTexts } from './contrast.ts'
import { openTab, signIn, startBrowser, type Tab } from './house.ts'
import { goTo } from './phone.ts'
import { place } from './tunnel-house.ts'

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

async function looksGood({ page }: Tab): Promise<void> {
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect([width, colorScheme, await faults(page)]).toEqual([width, colorScheme, []])
    }
  }
}

const since = '2026-01-01T00:00:00.000Z'
const url = `https://${'averylongname'.repeat(6)}.frp.example.com`
const by = 'frp.example.com'
// `as`: of a verdict that passed nothing more is shown.
const verdict = { ok: true, url, stages: [] } as unknown as Verification['verdict']
const verified: Verification = { at: since, confirmedAt: since, vantage: 'self', ms: 38, verdict }
const on = (outside: Verification['outside']): AccessState => ({
  phase: 'on',
  urls: [url],
  since,
  verified: { ...verified, ...(outside === undefined ? {} : { outside }), ...(outside?.ok === true ? { vantage: 'outside' } : {}) },
})
const refused = {
  code: 'TUNNEL_SECRET_REFUSED',
  message: 'The broker https://frp.example.com does not take the registration secret.',
  hint: 'Save the one that whoever runs the broker gave you: xopc tunnel secret set --stdin',
}
const taken = {
  code: 'TUNNEL_SUBDOMAIN_TAKEN',
  message: 'The name home cannot be had.',
  hint: 'Take another one: xopc config unset tunnel.subdomain',
}
const twice = {
  code: 'TUNNEL_IDENTITY_SHARED',
  message: 'Another gateway with the identity of this one asked for its public address.',
  hint: 'Find it. If you know nothing of it, somebody has a copy of the state folder: see xopc tunnel status',
}
const inUse = {
  code: 'TUNNEL_IDENTITY_IN_USE',
  message: 'Another gateway has the public address.',
  hint: 'Was it copied? Start it anew: xopc gateway restart',
}
const unreachable = {
  code: 'TUNNEL_SERVER_UNREACHABLE',
  message: 'The server of the tunnel cannot be reached.',
  hint: 'It is tried again by itself.',
}

/** States that are over too soon to be looked at, or that take a broker on the internet; what more there is of each, and what must be read there. */
const states: [state: AccessState, more: { view?: Partial<MethodView>; status?: Partial<TunnelStatus> }, texts: RegExp[]][] = [
  [
    { phase: 'starting', step: 'downloading frpc, 5 of 14 MB', since },
    {
      status: {
        state: 'connecting',
        startProgress: { phase: 'preparing_frpc', startedAt: since },
        frpcDownload: { phase: 'downloading', bytesReceived: 5_250_000, totalBytes: 14_000_000 },
      },
    },
    [/Get frpc ready[^]*\d s\s+Downloading, 5\.3 of 14\.0 MB/, /Register with frp\.example\.com\s+to come/],
  ],
  [
    { phase: 'starting', step: `visiting ${url}`, since },
    { status: { state: 'connecting', startProgress: { phase: 'verifying', startedAt: since }, frpcPid: 7 } },
    [/Connect\s+passed/, /Visit the public address[^]*The first certificate of an address takes 1 to 3 minutes\./],
  ],
  [
    on({ at: since, by, ok: true, ms: 80 }),
    {},
    [/Verified from this computer .*, in 38 ms, and from outside by frp\.example\.com .*, in 80 ms\./],
  ],
  [
    on({ at: since, by, ok: false, message: 'A page of somebody else.' }),
    {},
    [/From outside, frp\.example\.com met something else .*: A page of/],
  ],
  [
    on(undefined),
    { view: { warning: twice } },
    [/Nobody looked from outside/, /asked for its public address\.\s+Find it\.[^]*TUNNEL_IDENTITY_SHARED/],
  ],
  [
    { phase: 'blocked', needs: refused },
    {},
    [/Needs you/, /Register with[^]*does not take[^]*Enter the registration secret[^]*TUNNEL_SECRET_REFUSED/],
  ],
  [{ phase: 'blocked', needs: taken }, {}, [/Choose another name/]],
  [{ phase: 'blocked', needs: inUse }, {}, [/Was it copied\? Start it anew:\s+xopc gateway restart/]],
  [
    { phase: 'failed', error: unreachable, retryAt: '2099-01-01T00:00:00.000Z' },
    {},
    [/Connect\s+failed\s+The server of the tunnel[^]*Tried again in \d+ s\./],
  ],
  [
    { phase: 'degraded', urls: [url], error: unreachable, next: 'it is connected anew by itself' },
    {},
    [/On, with a problem/, /It is connected anew by itself/],
  ],
]

needsPeer('chromium', 'the Public internet tab in both themes, narrow and wide', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway({ config: { gateway: { bind: 'lan' }, tunnel: { brokerUrl: 'https://frp.example.com/api' } } })
  })

  /** With the tunnel as it is given. */
  async function open(state: AccessState, { view = {}, status = {} }: (typeof states)[number][1] = {}): Promise<Tab> {
    // `as`: what the routes promise.
    const overview = (await (await gateway.fetch('/xopc/api/overview')).json()) as Overview
    const told = (await (await gateway.fetch('/xopc/api/tunnel/status')).json()) as TunnelStatus
    const methods = overview.methods.map((each) => (each.id === 'tunnel' ? { ...each, intended: true, state, ...view } : each))
    const tab = await openTab(browser, 'about:blank')
    const { page } = tab
    await page.route('**/xopc/api/overview', (route) => route.fulfill({ json: { ...overview, methods } }))
    await page.route('**/xopc/api/tunnel/status', (route) => route.fulfill({ json: { ...told, ...status } }))
    // The address is nobody's, so the code is one for another.
    await page.route('**/xopc/api/pair', (route) => route.continue({ postData: '{}' }))
    await page.goto(gateway.url + place)
    await signIn(tab, gateway.token)
    await page.getByText('Traffic goes through').waitFor()
    return tab
  }

  it.each(states)('looks good: %j', async (state, more, texts) => {
    const tab = await open(state, more)
    const card = tab.page.locator('#tab-panel > .card').first()
    for (const text of texts) await expect.poll(() => card.innerText()).toMatch(text)
    await looksGood(tab)
  })

  it('shows a code below the card where the address is for devices, and none while the tunnel is interrupted', async () => {
    const tab = await open(on(undefined))
    await tab.page.getByRole('button', { name: 'Pair a device' }).click()
    await tab.page.locator('svg.qr').waitFor()
    await looksGood(tab)
    const broken = await open({ phase: 'degraded', urls: [url], error: unreachable, next: 'It comes back.' })
    expect(await broken.page.getByRole('button', { name: 'Pair a device' }).count()).toBe(0)
  })

  it('looks good with the advanced settings, a question, and a refusal', async () => {
    const tab = await open({ phase: 'off' }, { view: { intended: false } })
    const { page } = tab
    await page.getByText('Advanced settings').click()
    await page.getByLabel('Preferred name').waitFor()
    await looksGood(tab)
    const limited = {
      code: 'TUNNEL_RATE_LIMITED',
      error: 'The public tunnel was started 12 times in 5 minutes from here; it is not started again for 9 s.',
    }
    await page.route('**/xopc/api/access/tunnel/enable', (route) => route.fulfill({ status: 429, json: limited }))
    await page.route('**/xopc/api/access/tunnel/plan', (route) => route.fulfill({ json: { steps: [] } }))
    await page.getByRole('button', { name: 'Start remote access' }).click()
    await page.getByRole('alert').getByText('it is not started again for 9 s').waitFor()
    await looksGood(tab)
    await page.unroute('**/xopc/api/access/tunnel/plan')
    const unagreed = { steps: [], refusal: { code: 'TUNNEL_CONSENT_REQUIRED', message: 'Nobody agreed.' } }
    await page.route('**/xopc/api/access/tunnel/plan', (route) => route.fulfill({ json: unagreed }))
    await page.getByRole('button', { name: 'Start remote access' }).click()
    await page.getByRole('dialog').waitFor()
    await looksGood(tab)
  })

  it('has its lines in the overview: the address, both proofs, and what a person should know', async () => {
    const tab = await open(on({ at: since, by, ok: true, ms: 80 }), { view: { warning: twice } })
    await goTo(tab, 'remote-access?tab=overview')
    const card = tab.page.locator('#methods > li', { hasText: 'Public tunnel' })
    for (const text of ['For the whole internet', url, 'from outside by frp.example.com', twice.message])
      await card.getByText(text).first().waitFor()
    await looksGood(tab)
  })
})
