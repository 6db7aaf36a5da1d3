import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { isLive, openTab, signIn, startBrowser, typeSecret } from './house.ts'

needsPeer('chromium', 'signing in, in a browser', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway()
  })

  it('takes the token and shows address, version and ways in, with nothing to complain of in the console', async () => {
    const tab = await openTab(browser, gateway.url)
    await signIn(tab, gateway.token)
    const { version } = await (await gateway.fetch('/health')).json()
    await tab.page.getByText('How it is used').waitFor()
    const text = await tab.page.locator('main').innerText()
    for (const part of ['Remote access', 'Local network', 'Off', 'Reverse proxy', 'SSH tunnel']) expect(text).toContain(part)
    expect(await tab.page.locator('header').innerText()).toContain(`gateway ${version}`)
    expect(tab.said).toEqual([])
  })

  it('takes the password in password mode', async () => {
    const password = 'correct horse battery'
    const other = await startGateway({ config: { gateway: { auth: { mode: 'password', password } } } })
    const tab = await openTab(browser, other.url)
    await tab.page.getByLabel('Password').waitFor()
    await typeSecret(tab, 'wrong')
    await tab.page.getByRole('alert').getByText('gateway.auth.password').waitFor()
    await signIn(tab, password)
    await tab.page.getByText('Reachable by').waitFor()
  })

  it('says what is wrong with a wrong token and what to type, and lets a person try again', async () => {
    const tab = await openTab(browser, gateway.url)
    await typeSecret(tab, 'wrong-token')
    const alert = tab.page.getByRole('alert')
    await alert.waitFor()
    const text = await alert.innerText()
    for (const part of ['The credential is wrong', 'xopc gateway token --show', 'invalid_token']) expect(text).toContain(part)
    expect(tab.said).toEqual([expect.stringMatching(/^error: .* 401 .*\/xopc\/api\/session\)$/)])
    await signIn(tab, gateway.token)
  })

  it.each([
    ['a token', {}],
    ['a password', { mode: 'password', password: 'correct horse battery' }],
    ['a token that a person chose', { token: 'a-token-that-i-chose' }],
  ])('says after five wrong ones, where it is %s, until when this address is blocked', async (_name, auth) => {
    const blocking = await startGateway({ config: { gateway: { auth } } })
    const tab = await openTab(browser, blocking.url)
    for (let attempt = 1; attempt <= 6; attempt++) {
      const answered = tab.page.waitForResponse('**/xopc/api/session')
      await typeSecret(tab, `wrong-${attempt}`)
      expect((await answered).status()).toBe(attempt <= 5 ? 401 : 429)
      await tab.page.locator('#submit:enabled').waitFor()
    }
    const text = await tab.page.getByRole('alert').innerText()
    expect(text).toContain('auth_blocked')
    const seconds = Number(/for (\d+) more seconds/.exec(text)?.[1])
    expect(seconds).toBeGreaterThan(290)
    const near = await tab.page.evaluate(
      (left) => Array.from({ length: 10 }, (_, late) => new Date(Date.now() + (left - late) * 1000).toLocaleTimeString()),
      seconds,
    )
    expect(near.filter((time) => text.includes(`Try again at ${time}.`))).toHaveLength(1)
  })

  it('needs no mouse', async () => {
    const tab = await openTab(browser, gateway.url)
    const { keyboard } = tab.page
    const focused = () =>
      tab.page.evaluate(() => [document.activeElement?.id, getComputedStyle(document.activeElement ?? document.body).outlineStyle])
    await expect.poll(focused).toEqual(['secret', 'solid'])
    await keyboard.type(gateway.token)
    await keyboard.press('Tab')
    expect(await focused()).toEqual(['submit', 'solid'])
    await keyboard.press('Space')
    await isLive(tab)
    await tab.page.getByText('Sign out').focus()
    await keyboard.press('Enter')
    await tab.page.getByText('You are signed out.').waitFor()
    await expect.poll(focused).toEqual(['secret', 'solid'])
  })

  it('leaves the secret in no address, storage, page or cookie that a script can read', async () => {
    const tab = await openTab(browser, gateway.url)
    const urls: string[] = []
    tab.page.on('request', (request) => urls.push(request.url()))
    await signIn(tab, gateway.token)
    const seen = await tab.page.evaluate(() => ({
      url: location.href,
      cookie: document.cookie,
      local: JSON.stringify(localStorage),
      session: JSON.stringify(sessionStorage),
      page: document.documentElement.outerHTML,
    }))
    expect([...urls, ...Object.values(seen)].filter((text) => text.includes(gateway.token))).toEqual([])
    expect(seen).toMatchObject({ url: `${gateway.url}/`, cookie: '', local: '{}' })
    expect(seen.session).toMatch(/^\{"xopc\.session-key":"xopc_sk_[\w-]+"\}$/)
    expect([...urls, seen.page].filter((text) => text.includes('xopc_sk_'))).toEqual([])
    const [cookie, ...rest] = await tab.page.context().cookies()
    expect(rest).toEqual([])
    expect(cookie).toMatchObject({ name: 'xopc_session', httpOnly: true, sameSite: 'Lax' })
    expect(seen.page).not.toContain(cookie?.value)
    expect(new Set(urls.map((url) => new URL(url).origin))).toEqual(new Set([gateway.url]))
  })

  it('is not needed where the gateway asks nobody, nor offered to be undone', async () => {
    const open = await startGateway({ config: { gateway: { auth: { mode: 'none' } } } })
    const tab = await openTab(browser, open.url)
    await isLive(tab)
    expect(await tab.page.getByText('Sign out').isVisible()).toBe(false)
    expect(tab.said).toEqual([])
  })
})
