import { readFile } from 'node:fs/promises'
import JSON5 from 'json5'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { ConfigTree, GatewayOptions, RunningGateway } from '../../support/gateway.ts'
import { tunnelGateway } from '../tunnel/house.ts'
import { openTab, signIn, type Tab } from './house.ts'

/** The tab of the page. */
export const place = '/#/settings/remote-access?tab=public'
/** From a press of the button until the address was visited (ms). */
export const timeout = 45_000

/** A gateway whose owner has not agreed to the tunnel yet, on a computer without Tailscale. */
export async function startUnagreed(
  frpc: string,
  broker: string,
  { tunnel = {}, env = {}, ...options }: GatewayOptions & { tunnel?: ConfigTree } = {},
): Promise<RunningGateway> {
  const config = { ...(typeof options.config === 'object' ? options.config : {}), tunnel: { brokerUrl: broker, ...tunnel } }
  return await tunnelGateway(frpc, broker, { ...options, config, env: { XOPC_TAILSCALE_PATH: '/nowhere/tailscale', ...env } })
}

/** The Public internet tab, signed in with the token. */
export async function openTunnel(browser: Browser, gateway: RunningGateway, options: BrowserContextOptions = {}): Promise<Tab> {
  const tab = await openTab(browser, gateway.url + place, options)
  await signIn(tab, gateway.token)
  await tab.page.getByText('Traffic goes through').waitFor()
  return tab
}

/** Presses the button, and agrees. */
export async function startAgreeing(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start remote access' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start public tunnel' }).click()
}

/** The public address once the page shows it. */
export async function addressOn(page: Page): Promise<string> {
  await page.locator('#tab-panel .state[data-phase=on]').waitFor({ timeout })
  return await page.locator('.address code').innerText()
}

/** What the configuration file says of the tunnel, secrets and all. */
export async function savedTunnel({ stateDir }: RunningGateway): Promise<Record<string, unknown>> {
  const { tunnel = {} } = JSON5.parse<{ tunnel?: Record<string, unknown> }>(await readFile(`${stateDir}/xopc.json`, 'utf8'))
  return tunnel
}
