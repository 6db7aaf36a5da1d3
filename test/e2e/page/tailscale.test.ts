import type { Browser } from 'playwright-core'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import type { ConfigTree, RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { signIn, openTab } from './house.ts'
import { goTo } from './phone.ts'
import { methodOf, openTailscale, place, startSeenGateway, startTailnetBrowser } from './tailnet-house.ts'

const name = 'node-a.xopc-test.ts.net'
const here = 'Reachable by: you, on the gateway’s computer'

needsPeer(['chromium', ...tailnetPeers], 'Tailscale Serve on the page', (executablePath) => {
  let browser: Browser
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet()
    browser = await startTailnetBrowser(executablePath, tailnet, name)
  })

  /** At node a, which is let alone after the test. */
  async function start(config: ConfigTree = {}): Promise<RunningGateway> {
    const gateway = await startSeenGateway(tailnet, 'a', config)
    onTestFinished(async () => void (await gateway.stop()))
    return gateway
  }
  const served = async () => (await tailnet.cli('a', ['serve', 'status', '--json'])).stdout

  it('is enabled, shows its address to copy and what was proven of it, and is disabled', async () => {
    const gateway = await start()
    const tab = await openTailscale(browser, gateway.url, gateway.token)
    const { page } = tab
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByText(`Connected as ${name}.`).waitFor()
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.locator('[data-phase=on]').waitFor({ timeout: 45_000 })
    await page.getByText(/^Verified from this computer .*, in \d+ ms\..* The rules of your tailnet decide which other devices/).waitFor()
    await page.getByRole('button', { name: `Copy https://${name}` }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`https://${name}`)
    expect(await page.getByRole('link', { name: `Open https://${name}` }).getAttribute('href')).toBe(`https://${name}`)
    expect(await page.locator('#reach').innerText()).toBe(`${here} · the devices of your tailnet · nobody on the internet`)
    await page
      .locator('#served')
      .getByText(/^port 443, path \/, leads to \S+ \(ours\)$/)
      .waitFor()
    expect((await tailnet.fetchFrom('b', `https://${name}/health`)).status).toBe(200)

    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText(`https://${name} leads to this gateway.`).waitFor()
    await goTo(tab, 'remote-access?tab=overview')
    const card = page.locator('#methods > li', { hasText: 'Tailscale Serve' })
    await card.getByText('For the devices of your tailnet').waitFor()
    await goTo(tab, 'remote-access?tab=tailscale')

    await page.getByRole('button', { name: 'Disable Serve' }).click()
    await page.getByRole('button', { name: 'Enable Serve' }).waitFor()
    expect(await served()).toBe('{}\n')
    await expect.poll(() => page.locator('#served').count()).toBe(0)
    expect(tab.said).toEqual([])
  })

  it('shows what somebody else serves and leaves it alone, and takes another port with one click', async () => {
    await tailnet.cli('a', ['serve', '--bg', '--https=443', 'http://127.0.0.1:3000'])
    onTestFinished(async () => void (await tailnet.cli('a', ['serve', '--https=443', 'off'])))
    const gateway = await start()
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.locator('#served').getByText('port 443, path /, leads to http://127.0.0.1:3000 (not ours, left alone)').waitFor()
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.locator('[data-phase=blocked]').waitFor()
    await page.getByText('Somebody else’s Tailscale entry is in the way').waitFor()
    expect(await page.getByRole('link', { name: 'TAILSCALE_PORT_TAKEN' }).getAttribute('href')).toMatch(/#tailscale_port_taken$/)
    await page.getByRole('button', { name: 'Use port 8443' }).click()
    await page.getByText(`https://${name}:8443`, { exact: true }).waitFor({ timeout: 45_000 })
    await expect
      .poll(() => page.locator('#served > li').allInnerTexts(), { timeout: 20_000 })
      .toEqual([expect.stringContaining('127.0.0.1:3000 (not ours'), expect.stringContaining('(ours)')])
  })

  it('takes the https port that was typed', async () => {
    const gateway = await start()
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.getByText('Advanced').click()
    expect(await page.getByLabel('HTTPS port').inputValue()).toBe('443')
    await page.getByLabel('HTTPS port').fill('70000')
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('HTTPS port').fill('8443')
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.getByText(`https://${name}:8443`, { exact: true }).waitFor({ timeout: 45_000 })
    await page.getByRole('button', { name: 'Disable Serve' }).click()
    await page.getByText('Advanced').click()
    await expect.poll(() => page.getByLabel('HTTPS port').inputValue()).toBe('8443')
  })

  it('is enabled for a time, and says when it closes', async () => {
    const gateway = await start()
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.getByLabel('Serve: for how long').selectOption('for 1 hour')
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.locator('[data-phase=on]').waitFor({ timeout: 45_000 })
    const at = (await page.getByText('Closes by itself').locator('time').getAttribute('datetime')) ?? ''
    expect(Math.abs(Date.parse(at) - Date.now() - 3_600_000)).toBeLessThan(60_000)
    // Nothing is kept of it for the next start.
    expect((await (await gateway.fetch('/xopc/api/config')).json()).config.gateway.tailscale).toBe(undefined)
  })

  it('asks whoever came by it before it closes, and tells where the page is then', async () => {
    const gateway = await start({ tailscale: { mode: 'serve' } })
    await expect.poll(async () => (await methodOf(gateway, 'tailscale')).state.phase, { timeout: 45_000 }).toBe('on')
    const tab = await openTab(browser, `https://${name}${place}`, { ignoreHTTPSErrors: true })
    const { page } = tab
    await signIn(tab, gateway.token)
    // Everybody knows this name, and who can come by it is known, too.
    await expect.poll(() => page.locator('#reach').innerText()).toBe(`${here} · the devices of your tailnet · nobody on the internet`)
    await page.getByRole('button', { name: 'Disable Serve' }).click()
    await page.getByRole('dialog').getByText(`You opened this page by https://${name}`).waitFor()
    await page.keyboard.press('Escape')
    expect((await methodOf(gateway, 'tailscale')).state.phase).toBe('on')
    await page.getByRole('button', { name: 'Disable Serve' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable Serve' }).click()
    await page.locator('#gone').getByText('xopc ui', { exact: true }).waitFor({ timeout: 30_000 })
    expect(await page.locator('#gone').innerText()).not.toContain('by itself')
    await expect.poll(async () => (await methodOf(gateway, 'tailscale')).state.phase).toBe('off')
  })

  it('says that the local network has to be closed first, and closes it', async () => {
    const gateway = await start({ bind: '0.0.0.0' })
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.getByText('which has to be closed first').waitFor()
    expect(await page.getByRole('button', { name: 'Enable Serve' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Close the local network' }).click()
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.locator('[data-phase=on]').waitFor({ timeout: 45_000 })
  })

  it('respects that somebody took the entry away, and is enabled again where that was not meant', async () => {
    const gateway = await start({ tailscale: { mode: 'serve' } })
    const { page } = await openTailscale(browser, gateway.url, gateway.token)
    await page.locator('[data-phase=on]').waitFor({ timeout: 45_000 })
    await tailnet.cli('a', ['serve', '--https=443', 'off'])
    await page.getByText('removed or changed by somebody else').waitFor()
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.locator('[data-phase=on]').waitFor({ timeout: 45_000 })
  })
})
