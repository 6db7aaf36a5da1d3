import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { secondUser } from '../../support/second-user.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startBrowser } from './house.ts'
import { openTailscale, startSeenGateway } from './tailnet-house.ts'

/** Until Tailscale has done its part, and the gateway has looked again (ms). */
const timeout = 45_000

needsPeer(['chromium', ...tailnetPeers], 'what Tailscale needs of a person, on the page', (executablePath) => {
  let browser: Browser
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet({ nodes: ['a'], unjoined: ['new', 'waiting'] })
    browser = await startBrowser(executablePath)
  })

  it('a sign-in: shows the link and the command, and goes on by itself', async () => {
    await tailnet.admin('login?on=1')
    await tailnet.join('new', 'NeedsLogin')
    const gateway = await startSeenGateway(tailnet, 'new')
    const tab = await openTailscale(browser, gateway.url, gateway.token)
    const { page } = tab
    await page.locator('[data-status=fail]', { hasText: 'Connection to the tailnet' }).getByText('TAILSCALE_LOGGED_OUT').waitFor()
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.locator('[data-phase=blocked]').waitFor()
    const { AuthURL: url } = await tailnet.status('new')
    const link = page.getByRole('link', { name: `Open ${url}` })
    expect(await link.getAttribute('href')).toBe(url)
    await page.getByRole('button', { name: `Copy ${url}` }).waitFor()
    await page.getByRole('button', { name: 'Copy tailscale up' }).waitFor()
    // It is said once, where it was asked for.
    expect(await page.getByText('TAILSCALE_LOGGED_OUT').count()).toBe(1)
    await tailnet.admin(`auth?url=${encodeURIComponent(url)}`)
    await page.locator('[data-phase=on]').waitFor({ timeout })
    await page.getByText('https://node-new.xopc-test.ts.net', { exact: true }).waitFor()
    expect(tab.said).toEqual([])
    await tailnet.admin('login?on=0')
  })

  it('an approval: says who gives it, and goes on by itself', async () => {
    await tailnet.admin('approval?on=1')
    await tailnet.join('waiting', 'NeedsMachineAuth')
    const gateway = await startSeenGateway(tailnet, 'waiting', { tailscale: { mode: 'serve' } })
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.getByText('TAILSCALE_NEEDS_APPROVAL').waitFor({ timeout })
    await page.getByRole('link', { name: /^Open https:\/\/login\.tailscale\.com\/admin\/machines$/ }).waitFor()
    await tailnet.admin('approve?node=node-waiting')
    await page.locator('[data-phase=on]').waitFor({ timeout })
    await tailnet.admin('approval?on=0')
  })

  it('certificates for the tailnet: shows where they are switched on, and goes on by itself', async () => {
    await tailnet.admin('set?https=0')
    await tailnet.until('a', 'without https', ({ CertDomains }) => CertDomains === null)
    const gateway = await startSeenGateway(tailnet, 'a', { tailscale: { mode: 'serve' } })
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.getByText('TAILSCALE_HTTPS_OFF').waitFor({ timeout })
    const href = await page.getByRole('link', { name: /^Open http/ }).getAttribute('href')
    expect(href).toMatch(/^https?:\/\//)
    await tailnet.admin('set?https=1')
    await page.locator('[data-phase=on]').waitFor({ timeout })
    await gateway.stop()
  })

  it('a right: shows the command that gives it', async () => {
    const gateway = await startSeenGateway(tailnet, 'a', { tailscale: { mode: 'serve' } }, await secondUser())
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.getByText('TAILSCALE_NOT_OPERATOR').waitFor({ timeout })
    await page.getByRole('button', { name: 'Copy sudo tailscale set --operator=$USER' }).waitFor()
    expect(await page.getByText('sudo tailscale set').count()).toBe(1)
    await page.getByRole('button', { name: 'Disable Serve' }).waitFor()
    await gateway.stop()
  })
})

needsPeer('chromium', 'a computer without Tailscale, on the page', (executablePath) => {
  it('says so before anything is asked for, with where it is to be had', async () => {
    const gateway = await startGateway({ env: { XOPC_TAILSCALE_PATH: '/nowhere/tailscale' } })
    const { page } = await openTailscale(await startBrowser(executablePath), gateway.url, gateway.token)
    const step = page.locator('[data-status=fail]', { hasText: 'Tailscale on this computer' })
    await step.getByText('TAILSCALE_MISSING').waitFor()
    await step.getByRole('link', { name: 'https://tailscale.com/download' }).waitFor()
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.locator('[data-phase=blocked]').waitFor()
    expect(await page.getByText('TAILSCALE_MISSING').count()).toBe(1)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
  })
})
