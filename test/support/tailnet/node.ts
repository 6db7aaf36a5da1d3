import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run, start, type Ran, type RunOptions } from '../run.ts'
import type { Control } from './control.ts'
import { type Daemon, listensAt, type OwnNetwork } from './own-network.ts'

/** What `tailscale status --json` says, as far as tests ask. */
export interface NodeStatus {
  readonly Version: string
  readonly BackendState: string
  readonly AuthURL: string
  readonly TailscaleIPs: readonly string[] | null
  readonly Health: readonly string[]
  readonly CertDomains: readonly string[] | null
  readonly Self: {
    readonly DNSName: string
    readonly PeerAPIURL: readonly string[] | null
    readonly CapMap?: Readonly<Record<string, unknown>>
    readonly Tags?: readonly string[]
    readonly Expired?: boolean
  }
}

/** A computer of the tailnet: a tailscaled of its own, without a network interface unless it is the one of `tun`. */
export interface TailnetNode {
  readonly name: string
  /** Its name in the tailnet, no dot at the end. */
  readonly dnsName: string
  /** Its IPv4 address in the tailnet; '' until it has joined. */
  readonly ip: string
  /** The daemon's unix socket. */
  readonly socket: string
  readonly stateDir: string
  /** A `tailscale` that speaks with this daemon; any user can run it. */
  readonly tailscale: string
  /** The same as user nobody, whom the daemon lets look but not change. Needs root. */
  readonly tailscaleAsNobody: string
  /** The same where no process of another node is seen, as on a computer of its own. Where no daemon answers, `tailscale` gives up after 2 s, and after 5 s where it sees some tailscaled run. Needs root. */
  readonly tailscaleAlone: string
  /** Makes xopc use `tailscale`. */
  readonly env: { readonly XOPC_TAILSCALE_PATH: string }
}

/** A node and its strings. */
export interface NodeControls extends TailnetNode {
  readonly socksPort: number
  cli(args: readonly string[], options?: RunOptions): Promise<Ran>
  status(): Promise<NodeStatus>
  until(what: string, holds: (status: NodeStatus) => boolean): Promise<NodeStatus>
  join(until: JoinState): Promise<NodeStatus>
  startDaemon(): Promise<void>
  killDaemon(): Promise<void>
  daemonLog(): string
}

/** How far joining is to go: all the way, to the address where somebody must log in, or to waiting for the admin's approval. */
export type JoinState = 'Running' | 'NeedsLogin' | 'NeedsMachineAuth'

/** Where a node lives and what it runs on. */
export interface NodeHouse {
  readonly network: OwnNetwork
  readonly control: Control
  readonly folder: string
  readonly domain: string
  readonly programs: { readonly tailscale: string; readonly tailscaled: string; readonly setpriv: string; readonly unshare: string }
}

/** How a node is connected. */
export interface NodeWays {
  /** Where visitors enter the tailnet from this node. */
  readonly socksPort: number
  /** Whether it has the network interface `tailscale0`. */
  readonly tun: boolean
}

const untilMs = 15_000

/** Makes a node's folder and wrappers; starts nothing. */
export async function createNode(house: NodeHouse, name: string, { socksPort, tun }: NodeWays): Promise<NodeControls> {
  const { network, control, programs } = house
  const folder = join(house.folder, name)
  const [socket, stateDir] = [join(folder, 'ts.sock'), join(folder, 'state')]
  await mkdir(folder)
  await chmod(folder, 0o711)
  const tailscale = await wrapper(join(folder, 'tailscale'), [programs.tailscale, `--socket=${socket}`])
  const nobody = [programs.setpriv, '--reuid=65534', '--regid=65534', '--clear-groups']
  const alone = [programs.unshare, '--pid', '--fork', '--kill-child', '--mount-proc']
  let daemon: Daemon | undefined
  let ip = ''
  const cli = (args: readonly string[], options?: RunOptions) => run([tailscale, ...args], options)
  const status = async () => {
    const { stdout, stderr } = await cli(['status', '--json'])
    if (!stdout.startsWith('{')) throw new Error(`node ${name} has no status: ${stdout}${stderr}`)
    const parsed: NodeStatus = JSON.parse(stdout)
    return parsed
  }
  const until = (what: string, holds: (status: NodeStatus) => boolean) => untilStatus(name, status, what, holds)
  return {
    name,
    dnsName: `node-${name}.${house.domain}`,
    get ip() {
      return ip
    },
    socket,
    stateDir,
    tailscale,
    tailscaleAsNobody: await wrapper(join(folder, 'tailscale-as-nobody'), [...nobody, tailscale]),
    tailscaleAlone: await wrapper(join(folder, 'tailscale-alone'), [...alone, tailscale]),
    env: { XOPC_TAILSCALE_PATH: tailscale },
    daemonLog: () => daemon?.output() ?? '',
    socksPort,
    cli,
    status,
    until,
    async join(state) {
      const joined = await joinTailnet(
        [tailscale, 'up', `--login-server=${control.url}`, `--hostname=node-${name}`, '--accept-dns=false'],
        until,
        state,
      )
      ip = joined.TailscaleIPs?.[0] ?? ''
      return joined
    },
    async startDaemon() {
      const flags = [`--tun=${tun ? 'tailscale0' : 'userspace-networking'}`, `--statedir=${stateDir}`, `--socket=${socket}`, '--port=0']
      const argv = [programs.tailscaled, ...flags, `--socks5-server=127.0.0.1:${socksPort}`] as const
      daemon = await network.start(argv, { ...quiet(folder), ...control.nodeEnv }, () => listensAt(socket))
      await until('to know its state', ({ BackendState }) => !['NoState', 'Starting'].includes(BackendState))
    },
    async killDaemon() {
      await daemon?.kill()
    },
  }
}

/** Nothing is sent to Tailscale's own servers, or the daemon ends; nothing is written outside its folder. */
function quiet(folder: string): NodeJS.ProcessEnv {
  return {
    HOME: folder,
    TS_LOGS_DIR: folder,
    TS_NO_LOGS_NO_SUPPORT: 'true',
    TS_DISABLE_PORTMAPPER: '1',
    TS_ASSUME_NETWORK_UP_FOR_TEST: '1',
    TS_PANIC_IF_HIT_MAIN_CONTROL: '1',
  }
}

async function wrapper(path: string, argv: readonly string[]): Promise<string> {
  await writeFile(path, `#!/bin/sh\nexec ${argv.map((each) => `'${each}'`).join(' ')} "$@"\n`)
  await chmod(path, 0o755)
  return path
}

/** `tailscale up` returns only when the node runs; where a person has to do something first, it has done its part before that. */
async function joinTailnet(argv: readonly [string, ...string[]], until: NodeControls['until'], state: JoinState): Promise<NodeStatus> {
  const up = start(argv)
  let said = ''
  for (const stream of [up.stdout, up.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  try {
    return await until(state, ({ BackendState, AuthURL }) => BackendState === state && (state !== 'NeedsLogin' || AuthURL !== ''))
  } catch (error) {
    throw new Error(`tailscale up: ${said}`, { cause: error })
  } finally {
    up.kill('SIGKILL')
  }
}

async function untilStatus(
  name: string,
  status: () => Promise<NodeStatus>,
  what: string,
  holds: (status: NodeStatus) => boolean,
): Promise<NodeStatus> {
  for (const end = Date.now() + untilMs; ; await sleep(20)) {
    const now = await status()
    if (holds(now)) return now
    if (Date.now() > end) throw new Error(`node ${name} did not come ${what}: ${JSON.stringify(now)}`)
  }
}
