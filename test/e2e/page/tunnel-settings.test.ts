import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startBroker } from '../broker/house.ts'
import { agreed, startTunnel, tunnelOf, tunnelPeers } from '../tunnel/house.ts'
import { startBrowser } from './house.ts'
import { focusedWords } from './phone.ts'
import { addressOn, openTunnel, savedTunnel, startUnagreed, timeout } from './tunnel-house.ts'

const secret = 'not-the-secret-of-this-broker'

needsPeer(['chromium', ...tunnelPeers], 'the advanced settings of the public tunnel', (executablePath, frps, frpc) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
  })

  it('a secret that is refused leads to its field, is never shown, and goes on by itself once it is cleared', async () => {
    const broker = await startBroker(frps)
    const gateway = await startUnagreed(frpc, broker.url, { tunnel: { consent: agreed, registrationSecret: secret } })
    const { page } = await openTunnel(browser, gateway)
    await page.getByRole('button', { name: 'Start remote access' }).click()
    await page.locator('#tab-panel .state[data-phase=blocked]').waitFor({ timeout })
    const step = page.locator('[data-status=fail]', { hasText: 'Register with' })
    await step.getByRole('link', { name: 'TUNNEL_SECRET_REFUSED' }).waitFor()
    expect(await page.getByText('Preferred name').isVisible()).toBe(false)
    await step.getByRole('button', { name: 'Enter the registration secret' }).click()
    expect(await focusedWords(page)).toBe('tunnel-secret')
    await page.getByText('Set, in the configuration file.').waitFor()
    expect(await page.getByLabel('Registration secret').getAttribute('type')).toBe('password')
    expect(await page.getByLabel('Registration secret').inputValue()).toBe('')
    expect(await page.content()).not.toContain(secret)
    await page.getByRole('button', { name: 'Clear the secret' }).click()
    await page.getByText('The well-known one of brokers for trying.').waitFor()
    expect(await savedTunnel(gateway)).not.toHaveProperty('registrationSecret')
    await addressOn(page)
  })

  it('one that is missing leads there as well, before anybody agrees to anything', async () => {
    const gateway = await startUnagreed(frpc, 'https://frp.example.com/api')
    const tab = await openTunnel(browser, gateway)
    const { page } = tab
    await page.getByRole('button', { name: 'Start remote access' }).click()
    await page.getByRole('link', { name: 'TUNNEL_REGISTRATION_SECRET_REQUIRED' }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.getByRole('button', { name: 'Enter the registration secret' }).click()
    await page.keyboard.type('a-secret-of-frp.example.com')
    await page.keyboard.press('Enter')
    await page.getByText('Saved.').waitFor()
    await page.getByText('Set, in the configuration file.').waitFor()
    expect(await page.getByLabel('Registration secret').inputValue()).toBe('')
    expect((await savedTunnel(gateway))['registrationSecret']).toBe('a-secret-of-frp.example.com')
    await gateway.stop()
  })

  it('another broker never gets the stored secret: it is given anew in the same change, or forgotten', async () => {
    const gateway = await startUnagreed(frpc, 'https://frp.example.com/api', { tunnel: { registrationSecret: secret } })
    const { page } = await openTunnel(browser, gateway)
    await page.getByText('Advanced settings').click()
    await page.getByLabel('Broker', { exact: true }).fill('https://frp.example.org/api')
    await page.getByLabel('Registration secret of the new broker').fill('another-secret-entirely')
    await page.getByLabel('Preferred name').fill('homeserver')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Saved.').waitFor()
    await page.getByText('Traffic goes through frp.example.org.').waitFor()
    const told = { brokerUrl: 'https://frp.example.org/api', registrationSecret: 'another-secret-entirely', subdomain: 'homeserver' }
    expect(await savedTunnel(gateway)).toEqual(told)
    await page.getByLabel('Broker', { exact: true }).fill('https://frp.example.net/api')
    await page.getByText('is forgotten').waitFor()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Traffic goes through frp.example.net.').waitFor()
    expect(await savedTunnel(gateway)).toEqual({ brokerUrl: 'https://frp.example.net/api', subdomain: 'homeserver' })
    await page.getByLabel('Preferred name').fill('Not A Name')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('must be 4 to 16 small letters and digits').waitFor()
    await gateway.stop()
  })

  it('what comes from the environment is said, and not changed here', async () => {
    const gateway = await startUnagreed(frpc, 'https://frp.example.com/api', { env: { XOPC_TUNNEL_REGISTRATION_SECRET: secret } })
    const { page } = await openTunnel(browser, gateway)
    await page.getByText('Advanced settings').click()
    await page.getByText('Set, from XOPC_TUNNEL_REGISTRATION_SECRET').waitFor()
    for (const name of ['Registration secret', 'Broker']) expect(await page.getByLabel(name, { exact: true }).isEditable()).toBe(false)
    expect(await page.getByRole('button', { name: 'Clear the secret' }).count()).toBe(0)
    await gateway.stop()
  })

  it('auto-start waits until the tunnel worked once', async () => {
    const broker = await startBroker(frps)
    const gateway = await startUnagreed(frpc, broker.url, { tunnel: { consent: agreed } })
    const { page } = await openTunnel(browser, gateway)
    await page.getByText('Advanced settings').click()
    const autoStart = page.getByRole('switch', { name: 'Auto-start' })
    await page.getByText('the tunnel has to work once before').waitFor()
    await autoStart.click({ force: true })
    expect((await savedTunnel(gateway))['autoStart']).toBe(undefined)
    await page.getByRole('button', { name: 'Start remote access' }).click()
    await addressOn(page)
    await page.getByText('Opens the tunnel whenever the gateway starts.').waitFor()
    await autoStart.click()
    await page.getByRole('switch', { name: 'Auto-start', checked: true }).waitFor()
    expect((await savedTunnel(gateway))['autoStart']).toBe(true)
    await autoStart.click()
    await page.getByRole('switch', { name: 'Auto-start', checked: false }).waitFor()
    await gateway.stop()
  })

  it('says that a name was not given back where the broker is gone, and gives it back when it is there again', async () => {
    const port = String(await freePort())
    const broker = await startBroker(frps, { args: ['--dev', '--port', port] })
    const gateway = await startUnagreed(frpc, broker.url, { tunnel: { consent: agreed } })
    await startTunnel(gateway)
    const { subdomain } = await tunnelOf(gateway)
    const { page } = await openTunnel(browser, gateway)
    await page.getByText('Advanced settings').click()
    broker.kill('SIGKILL')
    await broker.ended
    const release = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Release public URL' }).click()
      await page.getByRole('dialog').getByText(`Give “${subdomain}” back for ever?`).waitFor()
      expect(await focusedWords(page)).toBe('Cancel')
      await page.getByRole('dialog').getByRole('button', { name: 'Release public URL' }).click()
    }
    await release()
    await page.getByRole('alert').getByText('did not confirm that the name').waitFor({ timeout })
    await page.getByRole('link', { name: 'TUNNEL_NOT_RELEASED' }).waitFor()
    await page.getByRole('button', { name: 'Start remote access' }).waitFor()
    await page.getByText(`“${subdomain}” stays yours until you give it back.`).waitFor()
    expect(await page.getByText('confirmed that').count()).toBe(0)

    await startBroker(frps, { stateDir: broker.stateDir, args: ['--dev', '--port', port] })
    await release()
    await page.getByText(`confirmed that “${subdomain}” was given back.`).waitFor({ timeout })
    await page.getByText('There is none: the first start gets one.').waitFor()
    expect(await page.getByRole('button', { name: 'Release public URL' }).getAttribute('aria-disabled')).toBe('true')
    await page.getByRole('button', { name: 'Start remote access' }).click()
    expect(await addressOn(page)).not.toContain(`//${subdomain}.`)
    await gateway.stop()
  })

  it('fetches frpc before it is needed, or says what is wrong with the one that is there', async () => {
    const gateway = await startUnagreed(frpc, 'https://frp.example.com/api')
    const { page } = await openTunnel(browser, gateway)
    await page.getByText('Advanced settings').click()
    await page.getByRole('button', { name: 'Fetch frpc now' }).click()
    await page.getByText(/^frpc \d+\.\d+\.\d+ is ready\.$/).waitFor({ timeout })
    await gateway.stop()
  })
})
