import type { Browser } from 'playwright-core'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import type { LogLine } from '../../../src/lib/protocol/http-api.ts'
import { funnelConsent } from '../../../src/lib/protocol/consent.ts'
import type { ConfigTree, RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startBrowser } from './house.ts'
import { focusedWords, goTo, tabUntil } from './phone.ts'
import { openTailscale, password, startSeenGateway } from './tailnet-house.ts'

const url = 'https://node-a.xopc-test.ts.net'
const timeout = 45_000

needsPeer(['chromium', ...tailnetPeers], 'Tailscale Funnel on the page', (executablePath) => {
  let browser: Browser
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet()
    browser = await startBrowser(executablePath)
  })

  async function start(config: ConfigTree = {}): Promise<RunningGateway> {
    const gateway = await startSeenGateway(tailnet, 'a', { auth: { mode: 'password', password }, ...config })
    onTestFinished(async () => void (await gateway.stop()))
    return gateway
  }
  const headers = { authorization: `Bearer ${password}` }
  const saved = async (gateway: RunningGateway) =>
    (await (await gateway.fetch('/xopc/api/config', { headers })).json()).config.gateway.tailscale
  const consents = async (gateway: RunningGateway) => {
    // `as`: what the route promises.
    const lines = (await (await gateway.fetch('/xopc/api/audit?lines=100', { headers })).json()) as LogLine[]
    return lines.filter(({ event }) => event === 'AccessAudit.consented')
  }

  it('asks in three sentences, changes nothing where that is cancelled, and records once who agreed', async () => {
    const gateway = await start()
    const tab = await openTailscale(browser, gateway.url, password)
    const { page } = tab
    await tabUntil(page, 'Open to the internet')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual(funnelConsent.sentences)
    expect(await focusedWords(page)).toBe('Cancel')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(await focusedWords(page)).toBe('Open to the internet')
    expect(await saved(gateway)).toBe(undefined)

    await page.keyboard.press('Enter')
    await tabUntil(page, 'Open to the internet')
    await page.keyboard.press('Enter')
    await page.locator('[data-phase=on]').waitFor({ timeout })
    expect(await saved(gateway)).toMatchObject({ mode: 'funnel', consent: { version: funnelConsent.version } })
    expect(await consents(gateway)).toHaveLength(1)
    await page.getByRole('heading', { name: 'Tailscale Funnel' }).waitFor()
    expect(await page.locator('#reach').innerText()).toBe('Reachable by: you, on the gateway’s computer · the whole internet')
    // It is what was meant.
    expect(await page.locator('#reach').getAttribute('class')).toBe('')
    await page.getByText(/whether the internet gets through shows only from there/).waitFor()
    expect((await tailnet.funnelVisit(`${url}/health`)).status).toBe(200)

    await goTo(tab, 'remote-access?tab=overview')
    await page.locator('#methods > li', { hasText: 'Tailscale Funnel' }).getByText('For the whole internet').waitFor()
    await goTo(tab, 'remote-access?tab=tailscale')
    await page.getByRole('button', { name: 'Only for your tailnet' }).click()
    await page.getByRole('button', { name: 'Disable Serve' }).waitFor()
    await page.getByText(/The rules of your tailnet decide/).waitFor({ timeout })
    await expect
      .poll(() => tailnet.funnelVisit(`${url}/health`).then(({ status }) => String(status), String), { timeout: 20_000 })
      .toContain('403')
    expect(tab.said).toEqual([])
  })

  it('is not offered where people sign in with a token, and says what to do', async () => {
    const gateway = await start({ auth: {} })
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.getByText('this gateway asks for a token').waitFor()
    await page.getByRole('button', { name: 'Copy xopc config set gateway.auth.mode=password --stdin gateway.auth.password' }).waitFor()
    await page.getByRole('link', { name: 'FUNNEL_NEEDS_PASSWORD' }).waitFor()
    expect(await page.getByRole('button', { name: 'Open to the internet' }).count()).toBe(0)
  })

  it('that a file asks for and nobody agreed to waits for that', async () => {
    const gateway = await start({ tailscale: { mode: 'funnel' } })
    const { page } = await openTailscale(browser, gateway.url, password)
    await page.getByText('CONSENT_REQUIRED').waitFor()
    expect(await consents(gateway)).toHaveLength(0)
    await page.getByRole('button', { name: 'Open to the internet' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Open to the internet' }).click()
    await page.locator('[data-phase=on]').waitFor({ timeout })
    expect(await consents(gateway)).toHaveLength(1)
    await page.getByRole('button', { name: 'Disable Funnel' }).click()
    await page.getByRole('button', { name: 'Enable Serve' }).waitFor()
    expect(await saved(gateway)).toMatchObject({ mode: 'off' })
  })

  it('asks the same by its setting', async () => {
    const gateway = await start()
    const tab = await openTailscale(browser, gateway.url, password)
    await goTo(tab, 'gateway')
    const line = tab.page.locator('[id="setting-gateway.tailscale.mode"]')
    await line.getByRole('button', { name: 'Change' }).click()
    await line.getByRole('combobox').selectOption('funnel')
    await line.getByRole('button', { name: 'Save' }).click()
    const dialog = tab.page.getByRole('dialog')
    expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual(funnelConsent.sentences)
    await dialog.getByRole('button', { name: 'Open to the internet' }).click()
    await line.getByText('funnel', { exact: true }).waitFor({ timeout })
    expect(await consents(gateway)).toHaveLength(1)
    expect(await line.getByRole('combobox').count()).toBe(0)
  })
})
