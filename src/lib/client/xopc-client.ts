import type { TestOptions, Xopc } from '../core/xopc.ts'
import type { GatewayEvent, Verdict } from '../protocol/http-api.ts'
import { routes, type RouteName } from '../protocol/routes.ts'
import { bodyOf, type CallValues, requestOf, requireDone, requireStream } from './call.ts'
import { parseEvents } from './sse.ts'
import { verdictOf } from './verdict-stream.ts'
import { clientErrors } from './errors.ts'
import type { Transport, TransportReply } from './transport.ts'

export type { Transport, TransportRequest } from './transport.ts'

/** Fields that tell a reply of ours from a stranger's; an empty list means a list. */
const replyFields = {
  health: ['status', 'version', 'uptime'],
  status: ['gatewayId', 'version', 'ingress', 'methods'],
  overview: ['methods', 'conflicts', 'ssh'],
  plan: ['steps'],
  enable: ['phase'],
  disable: ['phase'],
  consent: ['version', 'acceptedAt'],
  test: ['ok', 'stages'],
  testUrl: ['ok', 'stages'],
  proxyTemplate: ['program', 'text'],
  diagnose: [],
  pair: ['id', 'state', 'expiresAt'],
  pairing: ['id', 'state', 'expiresAt'],
  pairContext: ['candidates', 'recommended'],
  devices: [],
  renameDevice: ['id', 'name'],
  tunnelStatus: ['state', 'config'],
  prefetchTunnel: ['program', 'version'],
  config: ['etag', 'config', 'origins'],
  patchConfig: ['etag', 'config'],
  rotateToken: ['token'],
  logs: [],
  audit: [],
} as const satisfies Partial<Record<RouteName, readonly string[]>>

/** How many devices were revoked. Throws as `bodyOf` does. */
async function revokedBy(reply: TransportReply): Promise<number> {
  const body = await bodyOf(reply, ['revoked'])
  if (typeof body === 'object' && body !== null && 'revoked' in body && typeof body.revoked === 'number') return body.revoked
  throw clientErrors.NOT_XOPC_GATEWAY({ detail: 'a number of devices that is none' })
}

/** The gateway bounds these itself; the reply may take longer than the usual (ms). */
const slow = { wait: 130_000, diagnose: 20_000, test: 20_000, pair: 60_000, prefetch: 610_000 }

/** Xopc of a gateway elsewhere. Throws what the gateway answered, `NOT_XOPC_GATEWAY` and `GATEWAY_VERSION_SKEW`, and what the transport throws. */
export function createClient(transport: Transport): Xopc {
  async function ask<Name extends keyof typeof replyFields>(name: Name, values: CallValues = {}): Promise<Awaited<ReturnType<Xopc[Name]>>> {
    const body = await bodyOf(await transport(requestOf(routes[name], values)), replyFields[name])
    // `as`: the reply has the fields that tell its form; the API's own test holds the rest to the same types.
    return body as Awaited<ReturnType<Xopc[Name]>>
  }

  /** Stages come one by one where somebody wants to see them; otherwise one reply tells all. */
  async function watchTest(name: 'test' | 'testUrl', { id, body }: { id?: string; body: object }, options: TestOptions): Promise<Verdict> {
    const { onStage, idle, signal } = options
    const call = {
      ...(id === undefined ? {} : { id }),
      body: idle === undefined ? body : { ...body, idle },
      ...(signal === undefined ? {} : { signal }),
      timeoutMs: slow.test + (idle ?? 0) * 1000,
    }
    if (onStage === undefined) return await ask(name, call)
    const reply = await transport(requestOf(routes[name], { ...call, headers: { accept: 'text/event-stream' } }))
    await requireStream(reply)
    return await verdictOf(reply.lines(), onStage)
  }

  async function tell(name: 'stop' | 'restart' | 'cancelPairing' | 'revokeDevice', values: CallValues): Promise<void> {
    await requireDone(await transport(requestOf(routes[name], values)))
  }

  async function* events(signal: AbortSignal, lastEventId?: number): AsyncIterable<GatewayEvent> {
    const resume = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }
    try {
      const reply = await transport(requestOf(routes.events, { signal, headers: { accept: 'text/event-stream', ...resume } }))
      await requireStream(reply)
      yield* parseEvents(reply.lines())
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  return {
    health: async () => await ask('health'),
    status: async () => await ask('status'),
    overview: async () => await ask('overview'),
    async plan(id, { address, url, mode, port, broker, replace } = {}) {
      const query = {
        address,
        url,
        mode,
        broker,
        port: port === undefined ? undefined : String(port),
        replace: replace === true ? '1' : undefined,
      }
      return await ask('plan', { id, query })
    },
    async enable(id, { wait, ...body } = {}) {
      return await ask('enable', { id, body, ...(wait === true ? { query: { wait: '1' }, timeoutMs: slow.wait } : {}) })
    },
    disable: async (id, options = {}) => await ask('disable', { id, body: options }),
    consent: async (id, version) => await ask('consent', { id, body: { version } }),
    test: async (id, options = {}) => await watchTest('test', { id, body: {} }, options),
    testUrl: async (url, options = {}) => await watchTest('testUrl', { body: { url } }, options),
    proxyTemplate: async (program, { domain } = {}) => await ask('proxyTemplate', { query: { program, domain } }),
    diagnose: async (id) => await ask('diagnose', { id, timeoutMs: slow.diagnose }),
    // Who asks is told by the credential, whatever is said here.
    pair: async (options = {}) => await ask('pair', { body: options, timeoutMs: slow.pair }),
    pairing: async (id) => await ask('pairing', { id }),
    cancelPairing: async (id) => await tell('cancelPairing', { id }),
    pairContext: async () => await ask('pairContext'),
    devices: async () => await ask('devices'),
    renameDevice: async (id, name) => await ask('renameDevice', { id, body: { name } }),
    revokeDevice: async (id) => await tell('revokeDevice', { id }),
    revokeDevices: async () => await revokedBy(await transport(requestOf(routes.revokeDevices, {}))),
    tunnelStatus: async () => await ask('tunnelStatus'),
    prefetchTunnel: async () => await ask('prefetchTunnel', { body: {}, timeoutMs: slow.prefetch }),
    config: async () => await ask('config'),
    patchConfig: async (patch, ifMatch) =>
      await ask('patchConfig', { body: patch, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } }),
    stop: async () => await tell('stop', { body: {} }),
    restart: async () => await tell('restart', { body: {} }),
    rotateToken: async () => await ask('rotateToken', { body: {} }),
    logs: async (lines) => await ask('logs', { query: { lines: String(lines) } }),
    audit: async (lines) => await ask('audit', { query: { lines: String(lines) } }),
    events,
  }
}
