import { createServer } from 'node:http'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { openTab, signIn, startBrowser, type Tab } from '../e2e/page/house.ts'
import { atEnd } from '../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'

// A link names another gateway, and the page of the owner connects there by itself, with the owner's key (CVE-2026-25253).

/** A server of somebody else that keeps what it was asked and lets every page ask. */
async function startStranger(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
    response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve))
  atEnd(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  return { url: `http://127.0.0.2:${typeof address === 'object' ? address?.port : ''}`, asked }
}

/** Every request that the tab made, to its end or not. */
function requestsOf(page: Page): string[] {
  const urls: string[] = []
  page.on('request', (request) => urls.push(request.url()))
  return urls
}

needsPeer('chromium', 'a link that names another gateway', (executablePath) => {
  const links: [string, (url: string) => string][] = [
    ['gatewayUrl in the query', (url) => `/?gatewayUrl=${url}&url=${url}&baseUrl=${url}&token=1`],
    ['a WebSocket in the query', (url) => `/?gatewayUrl=${url.replace('http', 'ws')}`],
    ['an address in the fragment', (url) => `/#/settings/remote-access?tab=reverse-proxy&gatewayUrl=${url}&url=${url}`],
    ['a code of xopc ui', (url) => `/?gatewayUrl=${url}#code=abc&gatewayUrl=${url}`],
  ]

  async function open(): Promise<{ gateway: RunningGateway; tab: Tab; stranger: Awaited<ReturnType<typeof startStranger>> }> {
    const gateway = await startGateway()
    const tab = await openTab(await startBrowser(executablePath), 'about:blank')
    return { gateway, tab, stranger: await startStranger() }
  }

  it('sends it nothing, before and after the owner signs in', async () => {
    const { gateway, tab, stranger } = await open()
    const urls = requestsOf(tab.page)
    for (const [name, link] of links) {
      await tab.page.context().clearCookies()
      await tab.page.goto('about:blank')
      await tab.page.goto(gateway.url + link(stranger.url))
      await signIn(tab, gateway.token)
      await tab.page.getByText('Reachable by').waitFor()
      expect([name, [...new Set(urls.map((url) => new URL(url).origin))].filter((origin) => origin !== 'null')]).toEqual([
        name,
        [gateway.url],
      ])
    }
    expect(stranger.asked).toEqual([])
  })

  it('could send it nothing if it wanted to: the policy allows this origin alone', async () => {
    const { gateway, tab, stranger } = await open()
    await tab.page.goto(gateway.url)
    await signIn(tab, gateway.token)
    const went = await tab.page.evaluate(async (url) => {
      const key = sessionStorage.getItem('xopc.session-key') ?? ''
      const by = {
        fetch: () => fetch(url, { headers: { 'x-xopc-token': key } }),
        beacon: async () => navigator.sendBeacon(url, key),
        socket: () =>
          new Promise((resolve, reject) => Object.assign(new WebSocket(url.replace('http', 'ws')), { onopen: resolve, onerror: reject })),
      }
      const tried = await Promise.allSettled(Object.values(by).map((each) => each()))
      return tried.map(({ status }) => status)
    }, stranger.url)
    expect(went[0]).toBe('rejected')
    expect(stranger.asked).toEqual([])
  })
})
