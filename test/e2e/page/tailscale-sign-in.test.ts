import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import type { ConfigTree } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { startUpstream } from '../../support/upstream.ts'
import { openTab, type Tab } from './house.ts'
import { startTailnetBrowser } from './tailnet-house.ts'

const name = 'node-a.xopc-test.ts.net'
const url = `https://${name}`

needsPeer(['chromium', ...tailnetPeers], 'sign-in by Tailscale on the page', (executablePath) => {
  let browser: Browser
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet()
    browser = await startTailnetBrowser(executablePath, tailnet, name)
  })

  async function open(gateway: ConfigTree): Promise<Tab> {
    const running = await startTailnetGateway(tailnet, 'a', { config: { gateway } })
    onTestFinished(async () => void (await running.stop()))
    await running.xopc(['tailscale', 'serve'])
    return await openTab(browser, `${url}/xopc/`, { ignoreHTTPSErrors: true })
  }

  it('is one button beside the token, and lets somebody look, who can sign out again', async () => {
    const { page, said } = await open({ auth: { allowTailscale: true } })
    await page.getByRole('textbox', { name: 'Gateway token' }).waitFor()
    await page.getByRole('button', { name: 'Sign in with Tailscale' }).click()
    await page.getByText('You can look here, and change nothing').waitFor()
    await page.getByText('the devices of your tailnet').first().waitFor()
    expect(await page.getByRole('button', { name: 'Disable Serve' }).count()).toBe(0)
    expect(said).toEqual([])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in with Tailscale' }).waitFor()
  })

  it('is there with an app at the address, too, which is open afterwards', async () => {
    const app = await startUpstream('--unix', join(await tempFolder(), 'app.sock'))
    const { page } = await open({ upstream: { url: app.url }, auth: { allowTailscale: true } })
    await page.getByText('xopc pair --browser').waitFor()
    expect(await page.getByRole('textbox', { name: 'Gateway token' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Sign in with Tailscale' }).click()
    await page.getByText('You can look here, and change nothing').waitFor()
    await page.goto(`${url}/`)
    await page.getByText('hello from the app').waitFor()
  })

  it('is not offered where nobody asked for it', async () => {
    const { page } = await open({})
    await page.getByRole('textbox', { name: 'Gateway token' }).waitFor()
    expect(await page.getByRole('button', { name: 'Sign in with Tailscale' }).count()).toBe(0)
  })
})
