import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RunningBroker, startBroker } from '../e2e/broker/house.ts'
import { agreed, startTunnel, tunnelGateway } from '../e2e/tunnel/house.ts'
import type { ConfigTree, RunningGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'
import { type Answer, type Door, doorTo } from './doors.ts'

/** The header line with a body in JSON. */
export const JSON_LINE = 'Content-Type: application/json'

/** A gateway that can open its public tunnel by a broker on this computer. */
export interface ClosedTunnelHouse {
  broker: RunningBroker
  gateway: RunningGateway
  /** The header line with the owner's token. */
  bearer: string
  local: Door
  control: Door
  /** The name of the socket that frpc leads to. */
  socketPath: string
}

/** The same with the tunnel open, and what leads to it. */
export interface TunnelHouse extends ClosedTunnelHouse {
  /** The public address: `http://<name>.localhost:<port>`. */
  url: string
  /** Whoever visits the public address, by frps and frpc. */
  visitor: Door
  /** The same, where a proxy before frps saw the visitor at this address and says so to the right, as Caddy does at a broker of one's own. */
  from(address: string): Door
  /** What frpc leads to: whatever is written here, a broker could let arrive. */
  socket: Door
}

/** What is wanted. `programs` are the paths of `tunnelPeers`. */
interface Wanted {
  programs: readonly [frps: string, frpc: string]
  broker?: RunningBroker
  /** Where the gateway finds the broker, if not where it is. */
  brokerUrl?: string
  gateway?: ConfigTree
  tunnel?: ConfigTree
  /** The fixture app is behind the gateway. */
  app?: boolean
  env?: NodeJS.ProcessEnv
}

/** Starts a broker and a gateway, and opens the tunnel. Throws what it could not be opened for. */
export async function openTunnelHouse(wanted: Wanted): Promise<TunnelHouse> {
  const house = await closedTunnelHouse(wanted)
  return openedAt(house, await startTunnel(house.gateway))
}

/** Starts a broker and a gateway. */
export async function closedTunnelHouse({ programs: [frps, frpc], ...wanted }: Wanted): Promise<ClosedTunnelHouse> {
  const broker = wanted.broker ?? (await startBroker(frps))
  const brokerUrl = wanted.brokerUrl ?? broker.url
  const upstream = wanted.app === true ? { upstream: { url: (await startUpstream()).url } } : {}
  const tunnel = { brokerUrl, consent: agreed, ...wanted.tunnel }
  const gateway = await tunnelGateway(frpc, brokerUrl, {
    config: { gateway: { ...upstream, ...wanted.gateway }, tunnel },
    ...(wanted.env === undefined ? {} : { env: wanted.env }),
  })
  const { port, controlSocket, stateDir } = gateway
  return {
    broker,
    gateway,
    bearer: `Authorization: Bearer ${gateway.token}`,
    local: doorTo({ host: '127.0.0.1', port }, `127.0.0.1:${port}`),
    control: doorTo({ path: controlSocket }, 'localhost'),
    socketPath: join(stateDir, 'run/tunnel.sock'),
  }
}

/** A house whose tunnel was opened at this public address. */
export function openedAt(house: ClosedTunnelHouse, url: string): TunnelHouse {
  const { host, port } = new URL(url)
  // RFC 6761: the name is this computer.
  const visitor = doorTo({ host: '127.0.0.1', port: Number(port) }, host)
  return {
    ...house,
    url,
    visitor,
    from: (address) => adding(visitor, `X-Forwarded-For: ${address}`),
    socket: doorTo({ path: house.socketPath }, host),
  }
}

/** A door at which a proxy adds a line after those that the visitor wrote. */
function adding(door: Door, line: string): Door {
  return {
    host: door.host,
    ask: (request, lines = [], options) => door.ask(request, [...lines, line], options),
    shake: (path, lines = [], options) => door.shake(path, [...lines, line], options),
  }
}

/** Asks a door to prove that it is the gateway of an origin; again where others have asked too often in this second. */
export async function challenge(door: Door, origin: string, host = new URL(origin).host, lines: readonly string[] = []): Promise<Answer> {
  const body = JSON.stringify({ nonce: 'tunnel-tunnel-tunnel-tunnel-tunnel-1234', origin })
  for (;;) {
    const answer = await door.ask('POST /xopc/api/gateway-identity/challenge', [JSON_LINE, ...lines], { host, body })
    if (answer.status !== 429) return answer
    await sleep(250)
  }
}

/** Both logs of a gateway so far. */
export async function logsOf({ gateway }: Pick<ClosedTunnelHouse, 'gateway'>): Promise<string> {
  return (await gateway.log()) + (await readFile(join(gateway.stateDir, 'logs/audit.log'), 'utf8'))
}
