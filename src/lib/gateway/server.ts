import { hostname, networkInterfaces } from 'node:os'
import type { AccessContext } from '../access/access-method.ts'
import type { ConfigEvent, ConfigStore } from '../config/watch.ts'
import type { Xopc } from '../core/xopc.ts'
import { type ErrorInfo, XopcError } from '../errors/error.ts'
import type { Devices } from '../identity/devices.ts'
import type { Signer } from '../identity/keypair.ts'
import type { Pairing } from '../identity/pairing.ts'
import { createSessions } from '../identity/sessions.ts'
import { createTickets } from '../identity/tickets.ts'
import type { ProbeDesk } from '../probe/desk.ts'
import type { GatewayEvent, Health, Status } from '../protocol/http-api.ts'
import { controlSocket, type State } from '../state/store.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Control } from './control/app.ts'
import { createConnections } from './edge/connections.ts'
import { createEdge } from './edge/edge.ts'
import type { Principal } from './edge/exchange.ts'
import { createIngresses, type Ingresses } from './edge/ingress.ts'
import { createLimiter, createStreams } from './edge/limits.ts'
import { createNames } from './edge/origin.ts'
import { createRefusals } from './edge/refusals.ts'
import { signInChanged } from './edge/sign-in-change.ts'
import { gatewayErrors } from './errors.ts'
import { createProbeBook } from './probe-desk.ts'
import type { Whois } from './control/tailscale-user.ts'
import { within } from './within.ts'

/** Bound of `stop`, in milliseconds. */
const STOP_MS = 3_000
/** How long after a rotation its own reply may still travel before every proven connection is cut. */
const LAST_REPLY_MS = 500

/** What the gateway is made of. */
export interface GatewayParts {
  config: ConfigStore
  state: State
  signer: Signer
  /** What joined, and what may join. */
  devices: Devices
  pairing: Pairing
  log: Log
  audit: Audit
  clock: Clock
  version: string
  /** Who is behind an address of the tailnet. Throws what asking Tailscale throws. */
  whois: Whois
}

/** What the gateway serves: Xopc, and where `auth.blocked` is told. */
export type Served = Xopc & { publish(type: GatewayEvent['type'], data: unknown): void }

/** The doors of the gateway and what stands behind them. */
export interface Gateway {
  /** ISO time of creation. */
  readonly startedAt: string
  /** Doors for the access methods. `list`: every open door with `host:port` authorities, or the socket's path. */
  readonly ingress: { open: AccessContext['openIngress']; close: AccessContext['closeIngress']; list(): Status['ingress'] }
  /** `endOwner` ends every owner session, ticket and waiting pairing code at once, and what they or a Bearer opened half a second later (never on the control socket). */
  readonly sessions: { endOwner(): void }
  /** What the tests need that this gateway runs on its own ways in. */
  readonly probes: ProbeDesk
  /** `http://127.0.0.1:18790`: where a program on this computer reaches the gateway, with the port it really has. */
  url(): string
  counts(): Status['counts']
  /** Why doors that the configuration asks for are not open, besides those of the access methods. */
  refusedDoors(): readonly ErrorInfo[]
  /** Opens `control`, `local` and, where configured, `proxy`; follows the configuration from then on. Throws what opening `control` or `local` throws: `PORT_IN_USE` and kin. */
  serve(xopc: Served): Promise<void>
  /** Says `gateway.stopping` to whoever listens and closes everything, within 3 s. Twice equals once. */
  stop(): Promise<void>
}

/** Makes the gateway; nothing listens before `serve`. The API behind the edge is loaded with the first request for it. */
export function createGateway(parts: GatewayParts): Gateway {
  const { config, log, audit, clock, version, signer, devices, pairing } = parts
  const startedAt = clock.now()
  const gateway = () => config.current().gateway
  const sessions = createSessions({ clock })
  const tickets = createTickets<Principal>({ clock })
  const probes = createProbeBook({ signer, tickets })
  const limiter = createLimiter({ rule: () => gateway().auth.rateLimit, clock })
  const streams = createStreams({ max: () => gateway().maxSseConnections })
  const connections = createConnections({ trustedProxies: () => gateway().trustedProxies })
  const keeper: Parameters<typeof createIngresses>[0]['keeper'] = {
    handle: (...given) => edge.handle(...given),
    upgrade: (...given) => edge.upgrade(...given),
  }
  const doors = createIngresses({ keeper, connections, log })
  const names = createNames({ config: config.current, ingresses: doors.list, hostName: hostname() })
  const shared = { names, sessions, devices, pairing, tickets, limiter, streams, log, audit, clock, onBlocked }
  const edge = createEdge({ ...shared, connections, config: config.current, control: loadControl, health })
  let served: Served | null = null
  let refused: ErrorInfo | null = null
  let control: Promise<Control> | null = null
  let loaded: Control | null = null
  // Who may not come in any more leaves no code to come in by later.
  const leaveDevices = devices.follow({ ended: (id) => pairing.cancelOf(`device:${id}`) })
  let unsubscribe: (() => void) | null = null
  let stopped: Promise<void> | null = null

  function onBlocked(source: string): void {
    served?.publish('auth.blocked', { source })
  }

  function health(): Health {
    return { status: 'ok', version, uptime: Math.floor((clock.now() - startedAt) / 1000) }
  }

  async function loadControl(): Promise<Control> {
    if (served === null || stopped !== null) throw gatewayErrors.GATEWAY_STOPPING()
    return (control ??= createApi(served))
  }

  async function createApi(xopc: Served): Promise<Control> {
    // The first request for the API may come after an upgrade took the files away that this gateway was started from.
    const { createControl } = await import('./control/app.ts').catch((error: unknown) => {
      throw isModuleMissing(error) ? gatewayErrors.PROGRAM_REPLACED({}, { cause: error }) : error
    })
    loaded = await createControl({
      ...shared,
      xopc,
      config,
      signer,
      probes,
      version,
      whois: parts.whois,
      refusals: createRefusals({ audit, clock }),
    })
    return loaded
  }

  function endSessions(): void {
    sessions.endOwner()
    tickets.clear()
    // Whoever had the old token could have made one, to come in by later.
    pairing.cancelOf()
  }

  function endOwner(): void {
    endSessions()
    connections.endProven(LAST_REPLY_MS)
  }

  async function follow({ before, after }: ConfigEvent): Promise<void> {
    const [was, is] = [before.gateway, after.gateway]
    if (signInChanged(before, after)) endOwner()
    if (was.auth.allowTailscale && !is.auth.allowTailscale) sessions.endUsers()
    // Scripts of an app would share the origin of consoles that are open, and the session keys in them.
    if (was.upstream === undefined && is.upstream !== undefined) endSessions()
    if (was.proxySocket !== is.proxySocket) await openProxy(is.proxySocket)
    if (was.port !== is.port) await openLocal(doors, is.port)
  }

  async function openProxy(path: string | undefined): Promise<void> {
    refused = null
    try {
      if (path === undefined) await doors.close('proxy')
      else await doors.open('proxy', { kind: 'unix', path })
    } catch (error) {
      refused = error instanceof XopcError ? error.info() : null
      throw error
    }
  }

  async function close(): Promise<void> {
    unsubscribe?.()
    leaveDevices()
    await loaded?.farewell()
    await doors.stop()
    await Promise.all([loaded?.close(), edge.close()])
  }

  return {
    startedAt: new Date(startedAt).toISOString(),
    ingress: { open: doors.open, close: doors.close, list: doors.list },
    sessions: { endOwner },
    probes,
    url: () => urlOf(doors, gateway().port),
    refusedDoors: () => (refused === null ? [] : [refused]),
    counts: () => {
      const own = loaded?.counts() ?? { sse: 0, webSockets: 0 }
      return {
        connections: connections.count(),
        sse: streams.count() + own.sse,
        webSockets: edge.counts().webSockets + own.webSockets,
        sessions: sessions.count(),
      }
    },
    async serve(xopc) {
      served = xopc
      await openLocal(doors, gateway().port)
      await doors.open('control', { kind: 'unix', path: controlSocket(parts.state) })
      await openProxy(gateway().proxySocket).catch((error: unknown) => {
        // A proxy's socket that cannot be opened keeps nobody out of the other doors.
        log.error('The socket for your proxy is not open; the other doors are', { path: gateway().proxySocket, error })
      })
      unsubscribe = config.subscribe(follow)
    },
    stop: () => (stopped ??= within(STOP_MS, close(), clock)),
  }
}

function isModuleMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}

async function openLocal(doors: Ingresses, port: number): Promise<void> {
  await doors.open('local', { kind: 'tcp', hosts: loopbackHosts(), port })
}

/** A computer without IPv6 has no `::1` to listen on. */
function loopbackHosts(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return ['127.0.0.1', ...(addresses.some(({ address }) => address === '::1') ? ['::1'] : [])]
}

function urlOf(doors: Ingresses, port: number): string {
  const local = doors.list().find(({ id }) => id === 'local')
  return `http://${local?.addresses.find((authority) => authority.startsWith('127.')) ?? `127.0.0.1:${port}`}`
}
