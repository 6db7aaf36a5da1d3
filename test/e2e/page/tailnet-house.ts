import type { AccessId, MethodView, Overview } from '../../../src/lib/protocol/http-api.ts'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { freePort } from '../../support/ports.ts'
import type { ConfigTree, RunningGateway } from '../../support/gateway.ts'
import type { SecondUser } from '../../support/second-user.ts'
import type { Tailnet } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { openTab, signIn, startBrowser, type Tab } from './house.ts'
import { relay } from './relay.ts'

/** The tab of the page. */
export const place = '/#/settings/remote-access?tab=tailscale'
/** By which people sign in where a gateway asks for it. */
export const password = 'a long enough password'

/** A gateway at this node, as root or somebody else, whose own address leads to it from here, too. `config`: its `gateway`. */
export async function startSeenGateway(
  tailnet: Tailnet,
  node: string,
  config: ConfigTree = {},
  user?: SecondUser,
): Promise<RunningGateway> {
  const port = await freePort()
  const gateway = await startTailnetGateway(tailnet, node, { config: { gateway: { port, ...config } }, user })
  await relay(() => tailnet.dial(port), port)
  return gateway
}

/** A browser that finds a node of the tailnet by its https name as other devices there do, from node b. */
export async function startTailnetBrowser(executablePath: string, tailnet: Tailnet, name: string): Promise<Browser> {
  const port = await relay(() => tailnet.openFrom('b', `http://${name}:443`))
  return await startBrowser(executablePath, [`--host-resolver-rules=MAP ${name}:443 127.0.0.1:${port}`])
}

/** The Tailscale tab, signed in with the token or password. */
export async function openTailscale(browser: Browser, url: string, secret: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const tab = await openTab(browser, url + place, options)
  await signIn(tab, secret)
  return tab
}

/** A way in as the owner is told of it. */
export async function methodOf(gateway: RunningGateway, id: AccessId): Promise<MethodView> {
  // `as`: what the route promises.
  const { methods } = (await (await gateway.fetch('/xopc/api/overview')).json()) as Overview
  const method = methods.find((each) => each.id === id)
  if (method === undefined) throw new Error(`no method ${id}`)
  return method
}
