import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { tempFolder } from '../support/cleanup.ts'
import type { ConfigTree, RunningGateway } from '../support/gateway.ts'
import type { SecondUser } from '../support/second-user.ts'
import { startTailnet, type Tailnet, type TailnetOptions } from '../support/tailnet.ts'
import { startTailnetGateway } from '../support/tailnet/gateway.ts'
import { startUpstream } from '../support/upstream.ts'
import { type Answer, type Door, doorOver, doorTo, PASSWORD } from './doors.ts'

/** The name of the gateway in the tailnet. */
export const SERVED = 'node-a.xopc-test.ts.net'
/** Whose computer node b is. */
export const ALICE = 'alice@example.com'
/** The header line with a body in JSON. */
export const JSON_LINE = 'Content-Type: application/json'

/** A gateway on node a, that Tailscale leads to, with what leads to it. */
export interface TailnetHouse {
  tailnet: Tailnet
  gateway: RunningGateway
  bearer: string
  /** From node b, as Tailscale's own proxy passes it on. */
  serve: Door
  /** From the internet, in the same way. Only where Funnel is on. */
  funnel: Door
  /** A program on node a that speaks with the gateway's ordinary port. */
  local: Door
  control: Door
  /** A program on node a that speaks with the port that Tailscale leads to. Throws where it leads to a socket. */
  beside(): Promise<Door>
  /** The socket that Tailscale leads to, as root alone can write to it. */
  socket(): Promise<Door>
}

/** What is wanted. */
interface Wanted {
  mode?: 'serve' | 'funnel'
  gateway?: ConfigTree
  app?: boolean
  /** Tailscale says who its visitors are. */
  identity?: boolean
  user?: SecondUser
  tailnet?: TailnetOptions
}

/** Starts a tailnet in which node b is Alice's, a gateway on node a, and Serve or Funnel with it. Throws what could not be switched on. */
export async function openTailnetHouse({
  mode = 'serve',
  gateway: settings,
  app,
  identity,
  user,
  ...given
}: Wanted = {}): Promise<TailnetHouse> {
  const tailnet = await tailnetOfAlice(given.tailnet)
  if (user !== undefined) await tailnet.cli('a', ['set', '--operator=nobody'])
  const upstream = app === true ? { upstream: { url: (await startUpstream('--unix', join(await tempFolder(), 'app.sock'))).url } } : {}
  const auth = {
    ...(mode === 'funnel' ? { mode: 'password', password: PASSWORD } : {}),
    ...(identity === true ? { allowTailscale: true } : {}),
  }
  const gateway = await startTailnetGateway(tailnet, 'a', { user, config: { gateway: { auth, ...upstream, ...settings } } })
  const ran = await gateway.xopc(mode === 'funnel' ? ['tailscale', 'funnel', '--accept-risk'] : ['tailscale', 'serve'])
  if (ran.code !== 0) throw new Error(ran.stdout + ran.stderr)
  return houseOf(tailnet, gateway, `Authorization: Bearer ${mode === 'funnel' ? PASSWORD : gateway.token}`)
}

/** A tailnet whose node b is Alice's. */
export async function tailnetOfAlice(options?: TailnetOptions): Promise<Tailnet> {
  const tailnet = await startTailnet(options)
  await tailnet.admin(`user?node=node-b&login=${ALICE}&name=Alice`)
  await tailnet.until('a', 'to know Alice', (status) => JSON.stringify(status).includes(ALICE))
  return tailnet
}

function houseOf(tailnet: Tailnet, gateway: RunningGateway, bearer: string): TailnetHouse {
  const url = `https://${SERVED}`
  const target = async () => {
    // `as`: what the gateway itself notes.
    const noted = JSON.parse(await readFile(join(gateway.stateDir, 'exposures.json'), 'utf8')) as { tailscale: { target: string } }
    return new URL(noted.tailscale.target)
  }
  return {
    tailnet,
    gateway,
    bearer,
    serve: visitor(() => tailnet.openFrom('b', url)),
    funnel: visitor(() => tailnet.openFunnel(url)),
    local: doorOver(() => tailnet.dial(gateway.port), `127.0.0.1:${gateway.port}`),
    control: doorTo({ path: gateway.controlSocket }, 'localhost'),
    async beside() {
      const { protocol, port, host } = await target()
      if (protocol !== 'http:') throw new Error('Tailscale leads to a socket')
      return doorOver(() => tailnet.dial(Number(port)), host)
    },
    async socket() {
      const { protocol, pathname } = await target()
      if (protocol !== 'unix:') throw new Error('Tailscale leads to a port')
      return doorTo({ path: pathname }, 'localhost')
    },
  }
}

/**
 * A door of somebody who comes by the tailnet. It ends its connections itself: those that the other side ends first leave their ports taken there
 * for a minute, and a new connection that happens to get one of them waits for nothing.
 */
export function visitor(open: () => Promise<Duplex>, host = SERVED): Door {
  return doorOver(open, host, 'keep-alive')
}

/** Asks for a session with nothing but who one is, as the page of `origin` does; without a body, which a refusal would not wait for. */
export async function askForSession(
  door: Door,
  lines: readonly string[] = [],
  origin = `https://${SERVED}`,
  host?: string,
): Promise<Answer> {
  const asked = [...(origin === '' ? [] : [`Origin: ${origin}`]), ...lines]
  return await door.ask('POST /xopc/api/session', asked, host === undefined ? {} : { host })
}

/** The Cookie line of the session that an answer brings. Throws where it brings none. */
export function cookieIn({ status, headers, body }: Answer): string {
  const cookie = headers['set-cookie']?.split(';')[0]
  if (cookie === undefined) throw new Error(`no session: ${status} ${body}`)
  return `Cookie: ${cookie}`
}
