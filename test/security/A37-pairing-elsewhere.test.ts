import { createServer } from 'node:http'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { openTab, startBrowser } from '../e2e/page/house.ts'
import { atEnd } from '../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'

// A pairing link that names a server of the attacker besides: the page must bring the code to nobody but the gateway that served it, say
// which one that is, and do nothing before the person agrees.

needsPeer('chromium', 'a pairing link that names another server', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  let elsewhere: string
  const asked: string[] = []
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*').end('{"device":{}}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve))
    atEnd(() => new Promise((resolve) => server.close(resolve)))
    const address = server.address()
    elsewhere = `http://127.0.0.2:${typeof address === 'object' ? address?.port : ''}`
  })

  async function link(): Promise<URL> {
    const reply = await gateway.fetch('/xopc/api/pair', { method: 'POST', headers: bearer(), body: '{}' })
    return new URL((await reply.json()).links.browser)
  }
  const bearer = () => ({ authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' })
  const devices = async () => (await (await gateway.fetch('/xopc/api/devices')).json()).length

  it.each([
    ['in the query', (url: URL) => url.searchParams.set('baseUrl', elsewhere)],
    ['in the fragment', (url: URL) => (url.hash += `&baseUrl=${elsewhere}&gatewayUrl=${elsewhere}&url=${elsewhere}`)],
  ])('joins the gateway that served it and no other, with the other %s', async (_, forge) => {
    const url = await link()
    const secret = url.hash.slice('#ps='.length)
    forge(url)
    const before = await devices()
    const tab = await openTab(browser, 'about:blank')
    const sent: string[] = []
    tab.page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`))
    await tab.page.goto(url.href)
    await tab.page.getByText(url.host, { exact: true }).waitFor()
    await tab.page.locator('#fingerprint', { hasText: /^SHA256:/ }).waitFor()
    // Nothing is exchanged, and nothing stays in the address or the history, before anybody agreed.
    expect(sent.filter((each) => each.includes(secret))).toEqual([])
    expect(tab.page.url()).not.toContain(secret)
    expect(await devices()).toBe(before)
    await tab.page.getByRole('button', { name: 'Join' }).click()
    await expect.poll(devices).toBe(before + 1)
    await tab.page.waitForURL(`${url.origin}/`)
    expect(sent.filter((each) => !each.startsWith(`${url.origin}/`))).toEqual([])
    expect(sent.filter((each) => each.includes(secret))).toHaveLength(1)
    expect(asked).toEqual([])
  })
})
