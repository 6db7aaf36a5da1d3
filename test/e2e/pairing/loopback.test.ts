import { networkInterfaces } from 'node:os'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startXopc } from '../cli/running.ts'
import { openTab, signIn, startBrowser } from '../page/house.ts'
import { scan } from '../page/qr.ts'

needsPeer('chromium', 'a gateway that only this computer reaches', (executablePath) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
  })

  it('gives no code on the page or in the terminal; both do once the command that is said was typed', async () => {
    const gateway = await startGateway()
    const tab = await openTab(browser, `${gateway.url}/#/settings/devices`)
    const { page } = tab
    await signIn(tab, gateway.token)
    await page.getByRole('button', { name: 'Pair a device' }).click()
    await page.getByText('GATEWAY_LOOPBACK_ONLY').waitFor()
    expect(await page.locator('svg.qr').count()).toBe(0)

    const refused = await gateway.xopc(['pair'])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('GATEWAY_LOOPBACK_ONLY')
    const [said = '', words = ''] = /Open it to your network: xopc ([a-z ]+)\./.exec(refused.stderr.replaceAll(/\s+/g, ' ')) ?? []
    await page.getByText(said.replace(/.*: /, '').replace('.', '')).first().waitFor()
    expect(await gateway.xopc(words.split(' '))).toMatchObject({ code: 0 })

    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('tab', { name: 'xopc app' }).click()
    const pair = startXopc(['pair'], { stateDir: gateway.stateDir })
    const [shown] = await pair.says(/xopc:\/\/gateway\/\S+/)
    const own = new Set(Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []))
    for (const link of [shown, await scan(page)]) {
      const { baseUrl, secret } = readAppLink(link ?? '') ?? { baseUrl: '', secret: '' }
      expect(own).toContain(new URL(baseUrl).hostname.replaceAll(/[[\]]/g, ''))
      expect(new URL(baseUrl).hostname).not.toMatch(/^127\.|::1/)
      const body = JSON.stringify({ pairingSecret: secret, deviceName: 'Pixel' })
      const reply = await fetch(`${baseUrl}/api/tunnel/exchange-token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect(reply.status).toBe(200)
    }
    expect(await pair.ended).toBe(0)
    await page.getByText('“Pixel” joined').waitFor()
    expect(tab.said.filter((line) => !line.includes('status of 409'))).toEqual([])
  })
})
