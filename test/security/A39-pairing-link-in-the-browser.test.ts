import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { openTenants, visit } from './tenants.ts'

needsPeer(['chromium', 'caddy', 'own-hosts'], 'the secret of a pairing link', (chromium, caddy) => {
  it('stays in no history, no Referer, no log and no page', async () => {
    const app = '<!doctype html><html><head><title>the app</title></head><body>hello</body></html>'
    const tenants = await openTenants(chromium, caddy, { '/': app })
    const { gateway, url, received } = tenants
    const { link, secret } = await tenants.mint()
    const page = await (await tenants.person()).newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(`${request.url()} ${JSON.stringify(request.headers())}`))
    await visit(page, link)
    await page.getByRole('button', { name: 'Join' }).waitFor()
    expect(
      await page.evaluate(() =>
        [location.href, document.documentElement.outerHTML, JSON.stringify({ ...sessionStorage, ...localStorage })].join(),
      ),
    ).not.toContain(secret)
    await visit(page, `${url}/xopc/`)
    await page.goBack()
    await page.getByText('holds no pairing code').waitFor()
    expect(page.url()).toBe(`${url}/xopc/pair`)
    await visit(page, link)
    await page.getByRole('button', { name: 'Join' }).click()
    await page.waitForURL(`${url}/`)
    await page.goBack()
    expect(page.url()).not.toContain('#')
    // Playwright names the address as it was opened, which is sent without its fragment.
    expect(asked.filter((line) => line.includes(secret) && !line.startsWith(link))).toEqual([])
    expect(JSON.stringify(received())).not.toContain(secret)
    const logs = ['gateway.log', 'audit.log'].map((name) => readFileSync(join(gateway.stateDir, 'logs', name), 'utf8'))
    expect(logs.join('\n')).not.toContain(secret)
  })
})
