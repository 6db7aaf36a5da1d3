import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Transport } from '../../src/lib/client/transport.ts'
import { createClient } from '../../src/lib/client/xopc-client.ts'
import { openConfig, type OpenConfigOptions } from '../../src/lib/config/watch.ts'
import { createLive } from '../../src/lib/core/live.ts'
import { createOffline } from '../../src/lib/core/offline.ts'
import type { Xopc } from '../../src/lib/core/xopc.ts'
import { createGateway } from '../../src/lib/gateway/server.ts'
import { type DeviceRecord, type Devices, openDevices } from '../../src/lib/identity/devices.ts'
import { openIdentity } from '../../src/lib/identity/keypair.ts'
import { createPairing } from '../../src/lib/identity/pairing.ts'
import { createSocketTransport } from '../../src/lib/remote/control-socket.ts'
import { controlSocket, openState, type State } from '../../src/lib/state/store.ts'
import { createSupervisor } from '../../src/lib/supervisor/supervisor.ts'
import { createAudit } from '../../src/lib/system/audit.ts'
import { systemClock } from '../../src/lib/system/clock.ts'
import { createLog, silentLog } from '../../src/lib/system/log.ts'

/** The three implementations; the client comes over its socket here, or over ssh to that socket or to a port. */
export type Kind = 'live' | 'client' | 'offline' | Farther
/** Clients on a longer way, which whoever wants to use it lays with `reachBy`. */
export type Farther = 'client by ssh' | 'client by ssh to the port'
/** Those of this computer, in the order of tables. */
export const kinds: readonly Kind[] = ['live', 'client', 'offline']

/** A gateway that runs, for whoever comes from farther away. */
export interface Standing {
  state: State
  url: string
  token: string
  /** Raw, base64url. */
  publicKey: string
}

/** Gives the client's transport to a gateway that runs. */
export type Reach = (standing: Standing) => Promise<Transport>

const reaches = new Map<Kind, Reach>([['client', async ({ state }) => createSocketTransport(controlSocket(state))]])

/** Says how clients of a kind reach their gateway. */
export function reachBy(kind: Farther, reach: Reach): void {
  reaches.set(kind, reach)
}

/** One implementation on a state folder of its own, with what a test wants to know besides. */
export interface House extends AsyncDisposable {
  readonly kind: Kind
  readonly xopc: Xopc
  /** What the gateway was asked to do with itself. */
  readonly asked: string[]
  readonly dir: string
  readonly token: string
  /** The configuration file as it is. */
  file(): Promise<string>
  /** A device that joined, without a code. */
  join(name: string): Promise<DeviceRecord>
  /** That device comes in from an address of the network. */
  comes(device: DeviceRecord, ip: string): void
}

/** The token of every house. */
const token = '0123456789abcdef0123456789abcdef0123456789abcdef'

/** A configuration as a person writes it. */
export function configText(gateway = ''): string {
  return `// my gateway\n{\n  gateway: {\n    port: 0, // any\n    auth: { token: '${token}' },\n${gateway}  },\n}\n`
}

/** Opens one: live and client with real doors and a real control socket, offline with the files alone. */
export async function openHouse(kind: Kind, text = configText(), overrides: OpenConfigOptions['overrides'] = {}): Promise<House> {
  const dir = await mkdtemp(join(tmpdir(), 'xopc-c-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })]
  const asked: string[] = []
  const env = { HOME: dir, XOPC_STATE_DIR: dir }
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'xopc.json'), text, { mode: 0o600 })
  const state = await openState(env)
  const config = await openConfig({ env, overrides, hotReload: false, log: silentLog })
  undo.push(() => config.close())
  const devices = await openDevices({ state, clock: systemClock, log: silentLog })
  undo.push(() => devices.close())
  const xopc = kind === 'offline' ? createOffline({ config, state }) : await openGateway({ kind, state, config, devices, asked, undo })
  return {
    kind,
    xopc,
    asked,
    dir,
    token,
    file: () => readFile(join(dir, 'xopc.json'), 'utf8'),
    async join(name) {
      const { record } = await devices.add({
        name,
        platform: 'android',
        kind: 'app',
        scopes: ['read', 'run'],
        baseUrl: 'https://gateway.test',
      })
      return record
    },
    comes: (device, ip) => void devices.seen(device, { ip, ingress: 'lan' }),
    async [Symbol.asyncDispose]() {
      for (const step of undo.toReversed()) await step()
    },
  }
}

interface Opening {
  kind: Kind
  state: State
  config: Awaited<ReturnType<typeof openConfig>>
  devices: Devices
  asked: string[]
  undo: (() => Promise<unknown>)[]
}

async function openGateway({ kind, state, config, devices, asked, undo }: Opening): Promise<Xopc> {
  const clock = systemClock
  const log = createLog({ path: state.paths.gatewayLog, clock })
  const audit = createAudit({ path: state.paths.auditLog, clock })
  undo.push(async () => (log.close(), audit.close()))
  const signer = await openIdentity(state.paths)
  const parts = { config, state, signer, devices, pairing: createPairing({ clock }), log, audit, clock, version: '0.0.0-contract' }
  const gateway = createGateway({ ...parts, whois: async () => null })
  const live = createLive({
    ...parts,
    supervise: createSupervisor(parts),
    ingress: gateway.ingress,
    probes: gateway.probes,
    gateway: {
      version: parts.version,
      startedAt: Date.parse(gateway.startedAt),
      url: gateway.url,
      counts: gateway.counts,
      listIngress: gateway.ingress.list,
      refusedDoors: gateway.refusedDoors,
    },
    lifecycle: { stop: () => void asked.push('stop'), restart: () => void asked.push('restart') },
    sessions: gateway.sessions,
  })
  undo.push(() => gateway.stop())
  await gateway.serve(live)
  undo.push(() => live.shutdown())
  await live.start()
  log.info('gateway started', {})
  const reach = reaches.get(kind)
  if (reach === undefined) return live
  return createClient(await reach({ state, url: gateway.url(), token, publicKey: signer.publicKey }))
}
