import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import JSON5 from 'json5'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import type { ConfigTree, RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { type RunningBroker, startBroker } from '../broker/house.ts'
import { agreed, startTunnel, tunnelOf, tunnelPeers } from '../tunnel/house.ts'
import { openTab, signIn, startBrowser } from './house.ts'
import { focusedWords, goTo } from './phone.ts'
import { addressOn, openTunnel, savedTunnel, startUnagreed, timeout } from './tunnel-house.ts'

const tailscale = '/#/settings/remote-access?tab=tailscale'

/** Without Tailscale it waits for that, and is asked for all the same. */
const serve = { gateway: { tailscale: { mode: 'serve' } } }

needsPeer(['chromium', ...tunnelPeers], 'the public tunnel and Tailscale on the page', (executablePath, frps, frpc) => {
  let browser: Browser
  let broker: RunningBroker
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    broker = await startBroker(frps)
  })

  async function start(config: ConfigTree, tunnel: ConfigTree = {}): Promise<RunningGateway> {
    const gateway = await startUnagreed(frpc, broker.url, { config, tunnel })
    onTestFinished(async () => void (await gateway.stop()))
    return gateway
  }
  const modeOf = async (gateway: RunningGateway): Promise<string | undefined> =>
    (await (await gateway.fetch('/xopc/api/config')).json()).config.gateway.tailscale?.mode

  it('beside Serve, Start offers both ways out, and closing Tailscale asks for the agreement first', async () => {
    const gateway = await start(serve)
    const tab = await openTunnel(browser, gateway)
    const { page } = tab
    await page.getByRole('button', { name: 'Start remote access' }).click()
    const box = page.getByRole('alert')
    await box.getByText('Tailscale Serve is on; only one of').waitFor()
    await box.getByRole('link', { name: 'EXPOSURE_CONFLICT' }).waitFor()
    await box.getByRole('button', { name: 'Keep Tailscale' }).click()
    await box.waitFor({ state: 'detached' })
    expect([await modeOf(gateway), (await savedTunnel(gateway))['enabled']]).toEqual(['serve', undefined])

    await page.getByRole('button', { name: 'Start remote access' }).click()
    await box.getByRole('button', { name: 'Close Tailscale and start the tunnel' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await focusedWords(page)).toBe('Cancel')
    expect(await modeOf(gateway)).toBe('serve')
    await page.getByRole('button', { name: 'Start public tunnel' }).click()
    await addressOn(page)
    expect(await modeOf(gateway)).toBe('off')
    expect(tab.said).toEqual([])
  })

  it('beside the tunnel, Enable Serve offers both ways out, too', async () => {
    const gateway = await start({}, { consent: agreed })
    await startTunnel(gateway)
    const tab = await openTab(browser, gateway.url + tailscale)
    await signIn(tab, gateway.token)
    const { page } = tab
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.getByRole('alert').getByText('Public tunnel is on; only one of').waitFor()
    await page.getByRole('button', { name: 'Keep the public tunnel' }).click()
    expect((await tunnelOf(gateway)).state).toBe('connected')
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.getByRole('button', { name: 'Close the public tunnel and enable Serve' }).click()
    // There is no Tailscale on this computer, which it says.
    await page.locator('#tab-panel .state[data-phase=blocked]').first().waitFor({ timeout })
    expect([await modeOf(gateway), (await tunnelOf(gateway)).state]).toEqual(['serve', 'disconnected'])
    expect(tab.said).toEqual([])
  })

  it('asks whoever came by the tunnel before Serve takes its place', async () => {
    const gateway = await start({}, { consent: agreed })
    const url = await startTunnel(gateway)
    const tab = await openTab(browser, url + tailscale)
    await signIn(tab, gateway.token)
    const { page } = tab
    await page.getByRole('button', { name: 'Enable Serve' }).click()
    await page.getByRole('button', { name: 'Close the public tunnel and enable Serve' }).click()
    await page.getByRole('dialog').getByText(`You opened this page by ${url}`).waitFor()
    await page.keyboard.press('Escape')
    expect((await tunnelOf(gateway)).state).toBe('connected')
    await page.getByRole('button', { name: 'Close the public tunnel and enable Serve' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop the public tunnel' }).click()
    await page.locator('#gone').getByText('You closed the way that you came by.').waitFor({ timeout })
    await expect.poll(async () => await modeOf(gateway)).toBe('serve')
  })

  it.each([
    ['Keep Tailscale', ['serve', 'disconnected']],
    ['Keep the public tunnel', ['off', 'connected']],
  ])('a file that asks for both starts neither, and “%s” is one of two buttons', async (words, after) => {
    const gateway = await start({}, { consent: agreed })
    const tab = await openTunnel(browser, gateway)
    const { page } = tab
    const box = page.locator('#conflicts')
    // By hand: whoever asks xopc for the second one is refused.
    const path = join(gateway.stateDir, 'xopc.json')
    const written: { gateway: object; tunnel: object } = JSON5.parse(await readFile(path, 'utf8'))
    const both = { gateway: { ...written.gateway, ...serve.gateway }, tunnel: { ...written.tunnel, enabled: true } }
    await writeFile(path, JSON.stringify(both))
    await box.getByRole('link', { name: 'EXPOSURE_CONFLICT' }).waitFor()
    expect(await box.getByRole('button').allInnerTexts()).toEqual(['Keep Tailscale', 'Keep the public tunnel'])
    await page.getByRole('button', { name: 'Start remote access' }).click()
    await page.getByRole('alert').getByText('so neither is').waitFor()
    await goTo(tab, 'remote-access?tab=overview')
    await box.getByRole('button', { name: words }).click()
    await box.waitFor({ state: 'detached', timeout })
    await expect.poll(async () => [await modeOf(gateway), (await tunnelOf(gateway)).state], { timeout }).toEqual(after)
  })
})
