import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { TunnelStatus } from '../../../src/lib/protocol/tunnel-api.ts'
import { type ConfigTree, type RunningGateway, startGateway } from '../../support/gateway.ts'
import { openTab, signIn, type Tab } from './house.ts'

/** The tab of the page. */
export const place = '/#/settings/remote-access?tab=public'
/** From a press of the button until the address was visited (ms). */
export const timeout = 45_000

/** A gateway that has frpc, with this broker. `config`: more of it; `env`: more of its environment. */
export async function startTunnelGateway(
  frpc: string,
  broker: string,
  { config = {}, tunnel = {}, env = {} }: { config?: ConfigTree; tunnel?: ConfigTree; env?: NodeJS.ProcessEnv } = {},
): Promise<RunningGateway> {
  return await startGateway({
    config: { ...config, tunnel: { brokerUrl: broker, ...tunnel } },
    env: { XOPC_FRPC_PATH: frpc, XOPC_TAILSCALE_PATH: '/nowhere/tailscale', ...env },
  })
}

/** The Public internet tab, signed in with the token. */
export async function openTunnel(browser: Browser, gateway: RunningGateway, options: BrowserContextOptions = {}): Promise<Tab> {
  const tab = await openTab(browser, gateway.url + place, options)
  await signIn(tab, gateway.token)
  return tab
}

/** Starts the tunnel for the first time, by the dialog, and waits until its address was visited. */
export async function startFromPage(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Start remote access' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start public tunnel' }).click()
  await page.locator('[data-phase=on]').waitFor({ timeout })
  return await page.locator('.address code').innerText()
}

/** The tunnel as the owner is told of it. */
export async function tunnelOf(gateway: RunningGateway): Promise<TunnelStatus> {
  // `as`: what the route promises.
  return (await (await gateway.fetch('/xopc/api/tunnel/status')).json()) as TunnelStatus
}
