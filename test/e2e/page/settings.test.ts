import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { openTab, signIn, startBrowser, type Tab } from './house.ts'

needsPeer('chromium', 'the settings on the page', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway()
  })

  async function open(before?: (tab: Tab) => Promise<unknown>): Promise<Tab> {
    const tab = await openTab(browser, `${gateway.url}/#/settings/gateway`)
    await before?.(tab)
    await signIn(tab, gateway.token)
    await tab.page.getByText('maxSseConnections').waitFor()
    return tab
  }
  const row = ({ page }: Tab, path: string) => page.locator(`[id="setting-${path}"]`)
  const saved = async () => (await (await gateway.fetch('/xopc/api/config')).json()).config.gateway

  it('are changed and reset where they stand, and say whether it holds', async () => {
    const tab = await open()
    const line = row(tab, 'gateway.maxSseConnections')
    expect(await line.innerText()).toMatch(/applied[^]*1000 \(default\)/)
    await line.getByRole('button', { name: 'Change' }).click()
    await tab.page.keyboard.press('ControlOrMeta+A')
    await tab.page.keyboard.type('250')
    await tab.page.keyboard.press('Enter')
    await line.getByText('Saved and applied.').waitFor()
    expect(await saved()).toMatchObject({ maxSseConnections: 250 })
    await line.getByRole('button', { name: 'Reset' }).click()
    await line.getByText('1000 (default)').waitFor()
    expect((await saved()).maxSseConnections).toBe(undefined)
    expect(tab.said).toEqual([])
  })

  it('are refused with the reason where they cannot be', async () => {
    const tab = await open()
    const line = row(tab, 'gateway.maxSseConnections')
    await line.getByRole('button', { name: 'Change' }).click()
    await tab.page.keyboard.press('ControlOrMeta+A')
    await tab.page.keyboard.type('0')
    await tab.page.keyboard.press('Enter')
    await line.getByText('CONFIG_INVALID').waitFor()
    await tab.page.keyboard.press('Escape')
    expect(await line.getByRole('textbox').count()).toBe(0)
  })

  it('keep what they were where letters are typed for a number, and say what is wrong with it', async () => {
    const tab = await open()
    await gateway.xopc(['config', 'set', 'gateway.maxSseConnections=251'])
    const line = row(tab, 'gateway.maxSseConnections')
    await line.getByText('251').waitFor()
    await line.getByRole('button', { name: 'Change' }).click()
    await tab.page.keyboard.press('ControlOrMeta+A')
    await tab.page.keyboard.type('abc')
    await tab.page.keyboard.press('Enter')
    await line.getByText('CONFIG_INVALID').waitFor()
    const problem = await line.getByRole('alert').innerText()
    expect(problem).toContain('gateway.maxSseConnections')
    expect(problem).toMatch(/number/)
    expect(await saved()).toMatchObject({ maxSseConnections: 251 })
  })

  it('tell each thing that is wrong, where a change breaks several', async () => {
    const tab = await open()
    const line = row(tab, 'gateway.trustedProxies')
    await line.getByRole('button', { name: 'Change' }).click()
    await tab.page.keyboard.type('not an address\nnor this')
    await line.getByRole('button', { name: 'Save' }).click()
    const problems = line.locator('.problems > li')
    await problems.nth(1).waitFor()
    const texts = await problems.allInnerTexts()
    expect(texts[0]).toMatch(/^gateway\.trustedProxies\.0\s+\S/)
    expect(texts[1]).toMatch(/^gateway\.trustedProxies\.1\s+\S/)
  })

  it('show of a secret only that there is one', async () => {
    const tab = await open()
    expect(await row(tab, 'gateway.auth.token').innerText()).toContain('Set, in the file')
    expect(await row(tab, 'gateway.auth.password').innerText()).toContain('Not set')
    expect(await row(tab, 'gateway.auth.token').getByRole('button', { name: 'Change' }).count()).toBe(0)
    expect(await tab.page.content()).not.toContain(gateway.token)
  })

  it('say what wins over the file, and offer no change that would do nothing', async () => {
    const token = 'a-token-of-the-environment-0123456789'
    const env = { XOPC_GATEWAY_TOKEN: token, XOPC_GATEWAY_PASSWORD: 'a password of the environment', XOPC_GATEWAY_AUTH_MODE: 'token' }
    const other = await startGateway({ env, args: ['--bind', 'loopback'], config: { gateway: { bind: 'loopback' } } })
    const tab = await openTab(browser, `${other.url}/#/settings/gateway`)
    await signIn(tab, token)
    for (const [path, words] of [
      ['gateway.auth.token', 'From XOPC_GATEWAY_TOKEN'],
      ['gateway.auth.password', 'From XOPC_GATEWAY_PASSWORD'],
      ['gateway.auth.mode', 'From XOPC_GATEWAY_AUTH_MODE'],
      ['gateway.bind', 'From --bind'],
    ] as const) {
      await row(tab, path).getByText(words).waitFor()
      expect(await row(tab, path).locator('button, summary').count()).toBe(0)
    }
    expect(await row(tab, 'gateway.port').getByRole('button', { name: 'Change' }).count()).toBe(1)
  })

  it('ask before others can come in, and do nothing when the answer is no', async () => {
    const tab = await open()
    const line = row(tab, 'gateway.bind')
    await line.getByRole('button', { name: 'Change' }).click()
    await tab.page.keyboard.press('ControlOrMeta+A')
    await tab.page.keyboard.type('lan')
    await tab.page.keyboard.press('Enter')
    await tab.page.getByRole('dialog').getByText('plain http').waitFor()
    expect(await tab.page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel')
    await tab.page.keyboard.press('Escape')
    expect(await tab.page.getByRole('dialog').count()).toBe(0)
    expect((await saved()).bind).toBe(undefined)
  })

  it('of a later version are folded away, and still there to be read', async () => {
    const tab = await open()
    expect(await row(tab, 'gateway.auth.trustedProxy.jwt.issuer').isVisible()).toBe(false)
    await tab.page.getByText(/^Comes with a later version: .*jwt/).click()
    expect(await row(tab, 'gateway.auth.trustedProxy.jwt.issuer').isVisible()).toBe(true)
    expect(await row(tab, 'gateway.auth.trustedProxy.jwt.issuer').getByRole('button').count()).toBe(0)
  })

  it('have a row for every key of the schema, also for one that this page never heard of', async () => {
    const tab = await open(({ page }) =>
      page.route('**/xopc/api/config/schema', async (route) => {
        const schema = await (await route.fetch()).json()
        const lantern = { type: 'object', description: 'Lights.', properties: { colour: colourOf() } }
        schema.properties.gateway.properties.lantern = lantern
        await route.fulfill({ json: schema })
      }),
    )
    const line = row(tab, 'gateway.lantern.colour')
    expect(await line.innerText()).toMatch(
      /colour\s+restart needed\s+green \(default\)[^]*What it shines in\. The variable XOPC_LANTERN wins over it\./,
    )
    await line.getByRole('button', { name: 'Change' }).click()
    expect(await line.getByRole('combobox').locator('option').allInnerTexts()).toEqual(['green', 'red'])
  })
})

function colourOf() {
  const form = { anyOf: [{ type: 'string', enum: ['green', 'red'] }, { type: 'string' }] }
  return { description: 'What it shines in.', default: 'green', ...form, 'x-take': 'restart needed', 'x-env': 'XOPC_LANTERN' }
}
