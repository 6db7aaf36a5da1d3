import { chmod, constants, copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { tempFolder } from './cleanup.ts'
import type { Dial } from './fetch-over.ts'
import type { Argv } from './hosts.ts'
import { peerPath } from './peers.ts'
import type { Ran, RunOptions } from './run.ts'
import { type Control, startControl } from './tailnet/control.ts'
import { createNode, type JoinState, type NodeControls, type NodeStatus, type TailnetNode } from './tailnet/node.ts'
import { type OwnNetwork, ownNetwork } from './tailnet/own-network.ts'
import { type Answer, asFunnel, exchange, overTls, throughSocks, type VisitOptions } from './tailnet/visit.ts'

/** What `needsPeer` has to be asked for. */
export const tailnetPeers = [
  'tailscale',
  'tailscaled',
  'tailnet-control',
  'pebble',
  'pebble-challtestsrv',
  'netns',
  'second-user',
  'own-hosts',
] as const

/** Who is in the tailnet, and what its admin allows. */
export interface TailnetOptions {
  /** Computers that have joined; default `a` and `b`. */
  nodes?: readonly string[]
  /** More of them, whose daemon runs and that have never joined. */
  unjoined?: readonly string[]
  /**
   * The node with a network interface, `tailscale0`, as on most computers; the others have none. Programs in the tailnet's network find the tailnet through it:
   * the node itself at its own address too, but no name, unless `hosts` of `startGateway` says it. One at most, because the network is one. Needs the right `tun`.
   */
  tun?: string
  /** Whether nodes get certificates, and Serve with them; default true. */
  https?: boolean
  /** Whether Funnel is allowed; default true. */
  funnel?: boolean
  /** Whether who joins from now on has to log in; default false. */
  login?: boolean
  /** Whether who joins from now on has to be approved; default false. */
  approval?: boolean
}

/** A tailnet of the test's own: real daemons, Tailscale's own test control server and a certificate authority, in a network of loopback alone. */
export interface Tailnet {
  readonly nodes: Readonly<Record<string, TailnetNode>>
  /** The root of the nodes' certificates, PEM; `NODE_EXTRA_CA_CERTS` for a program in the network. */
  readonly rootFile: string
  /** What a command line begins with to run in the tailnet's network; how a gateway is started that Serve is to reach on TCP. */
  readonly prefix: Argv
  /** From the test to a TCP port in the network (127.0.0.1). Throws where nobody listens. */
  readonly dial: Dial
  node(name: string): TailnetNode
  /** Runs `tailscale` as root against this node. */
  cli(name: string, args: readonly string[], options?: RunOptions): Promise<Ran>
  status(name: string): Promise<NodeStatus>
  /** The first status for which `holds` is true. Throws the last one after 15 s; `what` says what was waited for. */
  until(name: string, what: string, holds: (status: NodeStatus) => boolean): Promise<NodeStatus>
  /** Runs `tailscale up`, until the node has come that far. Throws what it printed. */
  join(name: string, until?: JoinState): Promise<NodeStatus>
  /** What an admin or user does in a browser, for example `set?https=0`; see test/peers/go/tailscale/control/admin.go. Nodes see it within a second: `until`. Throws what was refused. */
  admin(path: string): Promise<string>
  /** SIGKILL; twice equals once. */
  killDaemon(name: string): Promise<void>
  /** Kills the daemon if it runs, starts it on the same state, and waits until it knows its state again. */
  restartDaemon(name: string): Promise<void>
  /** What this node's daemon printed since it was started last. */
  daemonLog(name: string): string
  /** Ends what issues certificates, or what nodes log in to. */
  kill(server: 'issuer' | 'control'): Promise<void>
  /** A request of that node over the tailnet, http or https, believing the tailnet's certificates alone. Throws when the connection breaks. */
  fetchFrom(name: string, url: string, options?: VisitOptions): Promise<Answer>
  /** The bare connection for such a request, after TLS where the URL says https: for timing what arrives, and as `createConnection` of a WebSocket. */
  openFrom(name: string, url: string): Promise<Duplex>
  /** A request from the internet, as a server of Funnel hands it to the node. Throws `403` in the message where Funnel is off there. */
  funnelVisit(url: string, options?: FunnelVisit): Promise<Answer>
  /** The bare connection for that, after TLS. */
  openFunnel(url: string, visitor?: string): Promise<Duplex>
}

/** A request from the internet. */
export interface FunnelVisit extends VisitOptions {
  /** Address and port it comes from; default `203.0.113.7:4242`. */
  visitor?: string
}

const domain = 'xopc-test.ts.net'
const firstSocksPort = 1081
const someVisitor = '203.0.113.7:4242'

/** Starts a tailnet; everything of it ends after the last test of the file. Needs `tailnetPeers`. Throws what a program printed when it is not ready in 15 s. */
export async function startTailnet(options: TailnetOptions = {}): Promise<Tailnet> {
  const { nodes: joined = ['a', 'b'], unjoined = [] } = options
  const folder = await tempFolder()
  await chmod(folder, 0o711)
  const network = await ownNetwork(peer('netns'), folder)
  const servers = { 'tailnet-control': peer('tailnet-control'), pebble: peer('pebble'), 'pebble-challtestsrv': peer('pebble-challtestsrv') }
  const [control, tailscale] = await Promise.all([startControl(network, folder, servers, domain), reachableCopy(peer('tailscale'), folder)])
  const programs = { tailscale, tailscaled: peer('tailscaled'), setpriv: peer('second-user'), unshare: peer('own-hosts') }
  const house = { network, control, folder, domain, programs }
  const made = [...joined, ...unjoined].map((name, index) =>
    createNode(house, name, { socksPort: firstSocksPort + index, tun: name === options.tun }),
  )
  const nodes = new Map((await Promise.all(made)).map((node) => [node.name, node]))
  await Promise.all([...nodes.values()].map((node) => node.startDaemon()))
  // One after the other, so that the first of them is 100.64.0.1.
  for (const name of joined) await nodeIn(nodes, name).join('Running')
  await applySwitches(
    options,
    control,
    joined.map((name) => nodeIn(nodes, name)),
  )
  return tailnetOf(network, control, nodes, await readFile(control.rootFile))
}

/** What takes so long was no refusal, milliseconds. */
const LOST_MS = 4000

function tailnetOf(network: OwnNetwork, control: Control, nodes: ReadonlyMap<string, NodeControls>, ca: Buffer): Tailnet {
  const node = (name: string) => nodeIn(nodes, name)
  const overTailnet = async (name: string, host: string, port: number) => {
    const began = Date.now()
    const open = async () => await throughSocks(await network.dial(node(name).socksPort), host, port)
    return await open().catch(async (error: unknown) => {
      // A refusal comes at once; tailscaled gives up after 5 s what a busy computer lost on the way.
      if (Date.now() - began < LOST_MS) throw error
      return await open()
    })
  }
  const openFrom = async (name: string, address: string) => {
    const url = new URL(address)
    const stream = await overTailnet(name, url.hostname, portOf(url))
    return url.protocol === 'https:' ? overTls(stream, url.hostname, ca) : stream
  }
  const openFunnel = async (address: string, visitor = someVisitor) => {
    const url = new URL(address)
    const [target, entrance] = funnelEnds(nodes, url.hostname)
    const peerApi = new URL((await target.status()).Self.PeerAPIURL?.[0] ?? '')
    const stream = await overTailnet(entrance.name, peerApi.hostname, portOf(peerApi))
    return overTls(await asFunnel(stream, peerApi, `${url.hostname}:${portOf(url)}`, visitor), url.hostname, ca)
  }
  return {
    nodes: Object.fromEntries(nodes),
    rootFile: control.rootFile,
    prefix: network.prefix,
    dial: network.dial,
    node,
    cli: (name, args, options) => node(name).cli(args, options),
    status: (name) => node(name).status(),
    until: (name, what, holds) => node(name).until(what, holds),
    join: (name, until = 'Running') => node(name).join(until),
    admin: control.admin,
    killDaemon: (name) => node(name).killDaemon(),
    async restartDaemon(name) {
      await node(name).killDaemon()
      await node(name).startDaemon()
    },
    daemonLog: (name) => node(name).daemonLog(),
    kill: (server) => (server === 'issuer' ? control.issuer : control.server).kill(),
    fetchFrom: async (name, url, options) => exchange(await openFrom(name, url), new URL(url), options),
    openFrom,
    funnelVisit: async (url, options = {}) => exchange(await openFunnel(url, options.visitor), new URL(url), options),
    openFunnel,
  }
}

/** The node that is visited, and another one where the visitor of Funnel gets into the tailnet. */
function funnelEnds(nodes: ReadonlyMap<string, NodeControls>, host: string): [NodeControls, NodeControls] {
  const all = [...nodes.values()]
  const target = all.find(({ dnsName }) => dnsName === host)
  const entrance = all.find((node) => node !== target && node.ip !== '')
  if (!target || !entrance) throw new Error(`a visit by Funnel takes ${host} and another node`)
  return [target, entrance]
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80)
}

function nodeIn(nodes: ReadonlyMap<string, NodeControls>, name: string): NodeControls {
  const node = nodes.get(name)
  if (!node) throw new Error(`no node ${name} in this tailnet: ${[...nodes.keys()].join(', ')}`)
  return node
}

async function applySwitches(
  { https = true, funnel = true, login, approval }: TailnetOptions,
  control: Control,
  nodes: NodeControls[],
): Promise<void> {
  if (login) await control.admin('login?on=1')
  if (approval) await control.admin('approval?on=1')
  if (https && funnel) return
  await control.admin(`set?https=${Number(https)}&funnel=${Number(funnel)}`)
  await Promise.all(
    nodes.map((node) =>
      node.until('to hear what is allowed', ({ Self: { CapMap = {} }, CertDomains }) => {
        return 'https' in CapMap === https && 'funnel' in CapMap === funnel && (CertDomains !== null) === https
      }),
    ),
  )
}

/** The peers' cache may be in a folder that another user cannot enter. */
async function reachableCopy(program: string, folder: string): Promise<string> {
  const copy = join(folder, 'tailscale')
  await copyFile(program, copy, constants.COPYFILE_FICLONE)
  await chmod(copy, 0o755)
  return copy
}

function peer(name: (typeof tailnetPeers)[number]): string {
  const path = peerPath(name)
  if (path === null) throw new Error(`a tailnet takes ${tailnetPeers.join(', ')}: ${name} is missing; test/peers/install brings it`)
  return path
}
