import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { anotherTab, isLive, openTab, signIn, startBrowser, typeSecret } from './house.ts'

needsPeer('chromium', 'the page of who is signed in', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway()
  })

  it('changes by itself when somebody opens a way in, and asks for nothing meanwhile', async () => {
    const tab = await openTab(browser, gateway.url)
    await tab.page.clock.install()
    await signIn(tab, gateway.token)
    // What follows the sign-in is asked for by now.
    await tab.page.locator('#methods > li').first().waitFor()
    const asked: string[] = []
    tab.page.on('request', (request) => asked.push(request.url()))
    // Every timer that the page has set fires.
    // A stream that is silent for longer than that is taken for broken.
    await tab.page.clock.fastForward('00:00:40')
    await tab.page.evaluate(() => document.title)
    expect(asked).toEqual([])
    const on = await gateway.xopc(['lan', 'on', '--json'])
    expect(on, on.stderr).toMatchObject({ code: 0 })
    const [url] = JSON.parse(on.stdout).urls
    await tab.page.getByText(url, { exact: true }).waitFor()
    expect(await tab.page.locator('#reach').innerText()).toBe(
      'Reachable by: you, on the gateway’s computer · anyone on the same network · nobody on the internet',
    )
    const lan = tab.page.locator('#methods > li', { hasText: 'Local network' })
    expect(await lan.locator('[data-phase]').innerText()).toBe('On')
    await gateway.xopc(['lan', 'off'])
    await lan.locator('[data-phase=off]').waitFor()
    expect(await tab.page.locator('#reach').innerText()).toBe('Reachable by: you, on the gateway’s computer · nobody on the internet')
    expect(asked.filter((each) => each.endsWith('/events'))).toEqual([])
  })

  it('lasts over a reload and in another tab, and ends in both by signing out', async () => {
    const first = await openTab(browser, gateway.url)
    await signIn(first, gateway.token)
    await first.page.reload()
    await isLive(first)
    const second = await anotherTab(first.page.context(), gateway.url)
    await isLive(second)
    expect(first.said.concat(second.said)).toEqual([])
    await first.page.getByText('Sign out').click()
    await first.page.getByText('You are signed out.').waitFor()
    await second.page.getByText('Your session ended').waitFor()
    expect(await second.page.evaluate(() => sessionStorage.length)).toBe(0)
    await first.page.reload()
    await first.page.getByLabel('Gateway token', { exact: true }).waitFor()
    expect(await first.page.getByText('You are signed out.').isVisible()).toBe(false)
  })

  it('changes things in another tab, too, as long as one that signed in is open; else it says how to', async () => {
    const first = await openTab(browser, gateway.url)
    await signIn(first, gateway.token)
    const second = await anotherTab(first.page.context(), gateway.url)
    await isLive(second)
    expect(await second.page.evaluate(() => sessionStorage.length)).toBe(1)
    await first.page.close()
    await second.page.close()
    const third = await anotherTab(first.page.context(), gateway.url)
    await isLive(third)
    await third.page.getByText('This tab can look and change nothing').waitFor()
    await third.page.getByRole('button', { name: 'Sign in again' }).click()
    await signIn(third, gateway.token)
    expect(await third.page.getByText('change nothing').count()).toBe(0)
  })

  it('lets go of its stream when the tab is closed', async () => {
    const own = await startGateway()
    const streams = async () => (await (await own.fetch('/xopc/api/status')).json()).counts.sse
    const tab = await openTab(browser, own.url)
    await signIn(tab, own.token)
    await expect.poll(streams).toBe(1)
    await tab.page.close()
    await expect.poll(streams).toBe(0)
    await isLive(await anotherTab(tab.page.context(), own.url))
  })

  it('is signed out, and says why, when the token is replaced; only the new one is good then', async () => {
    const tab = await openTab(browser, gateway.url)
    await signIn(tab, gateway.token)
    expect(await gateway.xopc(['gateway', 'token', '--generate'])).toMatchObject({ code: 0 })
    await tab.page.getByText('the token or password was replaced').waitFor({ timeout: 5_000 })
    await typeSecret(tab, gateway.token)
    await tab.page.getByText('invalid_token').waitFor()
    await signIn(tab, (await gateway.xopc(['gateway', 'token', '--show'])).stdout.trim())
  })
})

needsPeer('chromium', 'the page of a gateway that goes away', (executablePath) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
  })

  it.each([
    ['stopped', 'The gateway was stopped. What you see is from', (gateway: RunningGateway) => gateway.stop()],
    ['killed', 'No connection to the gateway. What you see is from', (gateway: RunningGateway) => gateway.kill9()],
  ])('says that it was %s, keeps the last it knew, and asks to sign in when it is back', async (_how, words, end) => {
    const gateway = await startGateway()
    const tab = await openTab(browser, gateway.url)
    await signIn(tab, gateway.token)
    await end(gateway)
    await tab.page.getByText(words).waitFor()
    expect(await tab.page.getByText('Live', { exact: true }).isVisible()).toBe(false)
    expect(await tab.page.locator('main').innerText()).toContain('Local network')
    await startGateway({ stateDir: gateway.stateDir, args: ['--port', String(gateway.port)] })
    await tab.page.getByText('The gateway was started again').waitFor()
    await signIn(tab, gateway.token)
    expect(await tab.page.locator('#gone').innerText()).toBe('')
  })

  it('is live again by itself where nobody is asked', async () => {
    const gateway = await startGateway({ config: { gateway: { auth: { mode: 'none' } } } })
    const tab = await openTab(browser, gateway.url)
    await isLive(tab)
    await gateway.stop()
    await tab.page.getByText('The gateway was stopped.').waitFor()
    await startGateway({ stateDir: gateway.stateDir, args: ['--port', String(gateway.port)] })
    await isLive(tab)
    expect(await tab.page.locator('#gone').innerText()).toBe('')
  })
})
