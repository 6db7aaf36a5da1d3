import type { Browser } from 'playwright-core'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { tunnelConsent } from '../../../src/lib/protocol/consent.ts'
import type { GatewayOptions, RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { frpsOf, type RunningBroker, startBroker } from '../broker/house.ts'
import { agreed, startTunnel, tunnelOf, tunnelPeers, visit } from '../tunnel/house.ts'
import { anotherTab, isLive, openTab, signIn, startBrowser } from './house.ts'
import { focusedWords, goTo, tabUntil } from './phone.ts'
import { methodOf } from './tailnet-house.ts'
import { addressOn, openTunnel, place, savedTunnel, startAgreeing, startUnagreed, timeout } from './tunnel-house.ts'

const here = 'Reachable by: you, on the gateway’s computer'

needsPeer(['chromium', ...tunnelPeers], 'the public tunnel on the page', (executablePath, frps, frpc) => {
  let browser: Browser
  let broker: RunningBroker
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    broker = await startBroker(frps)
  })

  /** With this broker; ends with the test. */
  async function start(options: Parameters<typeof startUnagreed>[2] & GatewayOptions = {}): Promise<RunningGateway> {
    const gateway = await startUnagreed(frpc, broker.url, options)
    onTestFinished(async () => void (await gateway.stop()))
    return gateway
  }

  it('asks in three sentences with the focus on Cancel, opens step by step without a mouse, and stops', async () => {
    const gateway = await start()
    const tab = await openTunnel(browser, gateway)
    const { page } = tab
    expect(await page.locator('.notice').getByRole('listitem').allInnerTexts()).toEqual(tunnelConsent.sentences)
    expect(await page.locator('.notice').innerText()).toContain(`Traffic goes through ${new URL(broker.url).host}.`)
    await tabUntil(page, 'Start remote access')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual(tunnelConsent.sentences)
    expect(await focusedWords(page)).toBe('Cancel')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(await focusedWords(page)).toBe('Start remote access')
    expect(await savedTunnel(gateway)).toEqual({ brokerUrl: broker.url })
    expect(await page.locator('#reach').innerText()).toBe(`${here} · nobody on the internet`)

    // A server that does not answer yet holds the start at its third step.
    const server = await frpsOf(broker, frps)
    process.kill(server, 'SIGSTOP')
    try {
      await page.keyboard.press('Enter')
      await tabUntil(page, 'Start public tunnel')
      await page.keyboard.press('Enter')
      await page
        .locator('[data-status=running]', { hasText: 'Connect' })
        .getByText(/^\d+ s$/)
        .waitFor()
      const steps = page.locator('.steps > li')
      expect((await steps.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
        expect.stringMatching(/^Get frpc ready, the program that holds the tunnel passed \d+ ms$/),
        expect.stringMatching(/^Register with 127\.0\.0\.1:\d+ passed \d+ ms$/),
        expect.stringMatching(/^Connect running \d+ s$/),
        'Visit the public address to come',
      ])
      expect(await page.locator('#reach').innerText()).toBe(`${here} · soon this computer alone, by a broker for trying`)
    } finally {
      process.kill(server, 'SIGCONT')
    }
    const url = await addressOn(page)
    expect((await visit(`${url}/health`)).status).toBe(200)
    expect(await page.getByRole('link', { name: `Open ${url}` }).getAttribute('href')).toBe(url)
    expect(await page.locator('#reach').innerText()).toBe(`${here} · this computer alone, by a broker for trying`)
    await page
      .getByText(/^Verified from this computer .*, in \d+ ms\..* The address leads nowhere but to this computer\.$/)
      .waitFor({ timeout })
    expect(await savedTunnel(gateway)).toMatchObject({ enabled: true, consent: { version: tunnelConsent.version } })

    // No phone can use what this broker gives out, and the page says so in place of a code.
    await page.getByText('There is no QR code for').waitFor()
    await page.getByRole('link', { name: 'LOOPBACK_NOT_REACHABLE' }).waitFor()
    expect(await page.getByRole('button', { name: 'Pair a device' }).count()).toBe(0)

    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText(`${url} leads to this gateway.`).waitFor()
    await goTo(tab, 'remote-access?tab=overview')
    await page.locator('#methods > li', { hasText: 'Public tunnel' }).getByText('For this computer alone, by a broker for trying').waitFor()
    await goTo(tab, 'remote-access?tab=public')
    await tabUntil(page, 'Stop')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Start remote access' }).waitFor()
    expect((await visit(`${url}/health`)).status).toBe(404)
    expect(tab.said).toEqual([])
  })

  it('that was agreed to starts at once, for a time, and keeps its address', async () => {
    const gateway = await start({ tunnel: { consent: agreed } })
    const before = await startTunnel(gateway)
    await gateway.xopc(['tunnel', 'stop'])
    const { page } = await openTunnel(browser, gateway)
    await page.getByText(/You agreed to this on/).waitFor()
    await page.getByLabel('Public tunnel: for how long').selectOption('for 1 hour')
    await page.getByRole('button', { name: 'Start remote access' }).click()
    expect(await addressOn(page)).toBe(before)
    expect(await page.getByRole('dialog').count()).toBe(0)
    const at = (await page.getByText('Closes by itself').locator('time').getAttribute('datetime')) ?? ''
    expect(Math.abs(Date.parse(at) - Date.now() - 3_600_000)).toBeLessThan(60_000)
    expect((await savedTunnel(gateway))['enabled']).toBe(false)
  })

  it('says under its step why it does not open, keeps that while it tries again, and ends that by Stop', async () => {
    const port = await freePort()
    const gateway = await startUnagreed(frpc, `http://127.0.0.1:${port}/api`)
    const { page } = await openTunnel(browser, gateway)
    await startAgreeing(page)
    const step = page.locator('.steps > li', { hasText: `Register with 127.0.0.1:${port}` })
    await step.getByText('nobody listens there').waitFor()
    await step.getByRole('link', { name: 'TUNNEL_BROKER_UNREACHABLE' }).waitFor()
    await step.getByText(/^Tried again/).waitFor()
    const sights: string[] = []
    for (let look = 0; look < 30; look++) sights.push(await step.getByText('nobody listens there').count().then(String))
    expect(new Set(sights)).toEqual(new Set(['1']))
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Start remote access' }).waitFor()
    expect(await page.locator('.steps').count()).toBe(0)
    await gateway.stop()
  })

  it('suggests the addresses at home until it is connected, and opens the network where the code stands', async () => {
    const gateway = await start()
    const { page } = await openTunnel(browser, gateway)
    const { candidates } = await methodOf(gateway, 'lan')
    const addresses = candidates.flatMap(({ kind, url }) => (kind === 'physical' ? [url] : []))
    const card = page.locator('.card', { hasText: 'A phone at home' })
    if (addresses.length === 0) return expect(await card.count()).toBe(0)
    expect(await card.locator('code').allInnerTexts()).toEqual(addresses)
    await card.getByRole('button', { name: 'Open to the local network' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Open to the local network' }).click()
    await page.getByRole('tab', { name: 'Local network', selected: true }).waitFor()
    await page.getByRole('button', { name: 'Pair a device' }).waitFor()
  })

  it('asks whoever came by it before it closes, and tells where the page is then', async () => {
    const gateway = await start({ tunnel: { consent: agreed } })
    const url = await startTunnel(gateway)
    const tab = await openTab(browser, url + place)
    const { page } = tab
    await signIn(tab, gateway.token)
    expect(await page.locator('#reach').innerText()).toBe(`${here} · this computer alone, by a broker for trying`)
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('dialog').getByText(`You opened this page by ${url}`).waitFor()
    await page.keyboard.press('Escape')
    expect((await tunnelOf(gateway)).state).toBe('connected')
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop the public tunnel' }).click()
    await page.locator('#gone').getByText('xopc ui', { exact: true }).waitFor({ timeout: 30_000 })
    await expect.poll(async () => (await tunnelOf(gateway)).state).toBe('disconnected')
  })

  it('shows everything to a tab that may change nothing, and says where it is changed', async () => {
    const gateway = await start({ tunnel: { consent: agreed } })
    const tab = await openTunnel(browser, gateway)
    const looking = await anotherTab(tab.page.context(), gateway.url)
    // It has asked for everything that the key is for.
    await looking.page.locator('#methods > li').first().waitFor()
    await tab.page.close()
    await looking.page.evaluate(() => sessionStorage.clear())
    await looking.page.goto(gateway.url + place)
    await looking.page.reload()
    await isLive(looking)
    const { page } = looking
    await page.getByRole('button', { name: 'Copy xopc tunnel start' }).waitFor()
    expect(await page.getByRole('button', { name: 'Start remote access' }).count()).toBe(0)
    expect(await page.getByText('Advanced settings').count()).toBe(0)
    const url = await startTunnel(gateway)
    await page.getByRole('button', { name: `Copy ${url}` }).waitFor()
    await page.getByRole('button', { name: 'Copy xopc tunnel stop' }).waitFor()
    expect(looking.said).toEqual([])
  })
})
