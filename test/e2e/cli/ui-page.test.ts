import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { isLive, openTab, startBrowser } from '../page/house.ts'
import { startXopc } from './running.ts'

needsPeer('chromium', 'xopc ui in a browser', (executablePath) => {
  let browser: Browser
  let gateway: RunningGateway
  beforeAll(async () => {
    browser = await startBrowser(executablePath)
    gateway = await startGateway({ config: { gateway: { upstream: { url: 'http://127.0.0.1:9' } } } })
  })

  it('the file leads to the page signed in, the code leaves the address, and the link opens nothing a second time', async () => {
    const folder = await tempFolder()
    const opener = startXopc(['ui', '--no-open'], { stateDir: gateway.stateDir })
    const [link] = await opener.says(/http:\S+/)
    const { writeRedirect } = await import('../../../src/lib/local-ui/redirect-file.ts')
    const file = await writeRedirect(folder, { port: 1, link, now: Date.now() })
    expect(await readdir(folder)).toEqual(['ui-1.html'])
    const tab = await openTab(browser, `file://${file}`)
    await isLive(tab)
    expect(tab.page.url()).not.toContain('code=')
    expect(await tab.page.context().cookies()).toEqual([])
    // With an app behind the gateway nothing but this page administrates it.
    await tab.page.evaluate(() => void (location.hash = '#/settings/devices'))
    await tab.page.getByRole('button', { name: 'Pair a device' }).waitFor()
    await tab.page.reload()
    await isLive(tab)
    const thief = await openTab(browser, link)
    await thief.page.getByText('UI_LINK_INVALID').waitFor()
    expect(tab.said.filter((line) => line.startsWith('error'))).toEqual([])
    opener.kill('SIGINT')
    expect(await opener.ended).toBe(0)
    await tab.page.getByText('No connection to the gateway').first().waitFor()
  })

  it('a page elsewhere on this computer reads nothing of it, changes nothing, and cannot frame it', async () => {
    const ui = startXopc(['ui', '--no-open'], { stateDir: gateway.stateDir })
    const [link] = await ui.says(/http:\S+/)
    const { origin } = new URL(link)
    const hostile = createServer((_, res) => res.setHeader('content-type', 'text/html').end(`<iframe src="${origin}/"></iframe>`))
    await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve))
    atEnd(async () => hostile.close().closeAllConnections())
    const at = hostile.address()
    const tab = await openTab(browser, `http://127.0.0.1:${typeof at === 'object' ? (at?.port ?? 0) : 0}/`)
    const told = await tab.page.evaluate(async (target) => {
      const tries = [
        fetch(`${target}/`),
        fetch(`${target}/xopc/api/overview`),
        fetch(`${target}/xopc/ui/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
      ]
      return (await Promise.allSettled(tries)).map(({ status }) => status)
    }, origin)
    expect(told).toEqual(['rejected', 'rejected', 'rejected'])
    expect(tab.said.some((line) => /frame-ancestors|Refused to display|Framing/.test(line))).toBe(true)
    ui.kill('SIGINT')
    expect(await ui.ended).toBe(0)
  })
})

it('a link that nobody opens is kept nowhere', async () => {
  const gateway = await startGateway()
  const ui = startXopc(['ui', '--no-open'], { stateDir: gateway.stateDir })
  const [, code = ''] = await ui.says(/#code=(\S+)/)
  ui.kill('SIGKILL')
  await ui.ended
  expect((await readdir(join(gateway.stateDir, 'run'))).filter((name) => name.startsWith('ui-'))).toEqual([])
  expect(await gateway.log()).not.toContain(code)
})
