import type { TestOptions, Xopc } from '../core/xopc.ts'
import type { GatewayEvent, Verdict } from '../protocol/http-api.ts'
import { routes, type RouteName } from '../protocol/routes.ts'
import { bodyOf, type CallValues, requestOf, requireDone, requireStream } from './call.ts'
import { parseEvents } from './sse.ts'
import { verdictOf } from './verdict-stream.ts'
import type { Transport } from './transport.ts'

export type { Transport, TransportRequest } from './transport.ts'

/** Fields that tell a reply of ours from a stranger's; an empty list means a list. */
const replyFields = {
  health: ['status', 'version', 'uptime'],
  status: ['gatewayId', 'version', 'ingress', 'methods'],
  overview: ['methods', 'conflicts', 'ssh'],
  plan: ['steps'],
  enable: ['phase'],
  disable: ['phase'],
  test: ['ok', 'stages'],
  testUrl: ['ok', 'stages'],
  proxyTemplate: ['program', 'text'],
  diagnose: [],
  config: ['etag', 'config'],
  patchConfig: ['etag', 'config'],
  rotateToken: ['token'],
  logs: [],
  audit: [],
} as const satisfies Partial<Record<RouteName, readonly string[]>>

/** The gateway bounds these itself; the reply may take longer than the usual (ms). */
const slow = { wait: 130_000, diagnose: 20_000, test: 20_000 }

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

  async function tell(name: 'stop' | 'restart'): Promise<void> {
    await requireDone(await transport(requestOf(routes[name], { body: {} })))
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
    plan: async (id, { address, url } = {}) => await ask('plan', { id, query: { address, url } }),
    async enable(id, { address, url, wait } = {}) {
      const body = { ...(address === undefined ? {} : { address }), ...(url === undefined ? {} : { url }) }
      return await ask('enable', { id, body, ...(wait === true ? { query: { wait: '1' }, timeoutMs: slow.wait } : {}) })
    },
    disable: async (id) => await ask('disable', { id, body: {} }),
    test: async (id, options = {}) => await watchTest('test', { id, body: {} }, options),
    testUrl: async (url, options = {}) => await watchTest('testUrl', { body: { url } }, options),
    proxyTemplate: async (program, { domain } = {}) => await ask('proxyTemplate', { query: { program, domain } }),
    diagnose: async (id) => await ask('diagnose', { id, timeoutMs: slow.diagnose }),
    config: async () => await ask('config'),
    patchConfig: async (patch, ifMatch) =>
      await ask('patchConfig', { body: patch, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } }),
    stop: async () => await tell('stop'),
    restart: async () => await tell('restart'),
    rotateToken: async () => await ask('rotateToken', { body: {} }),
    logs: async (lines) => await ask('logs', { query: { lines: String(lines) } }),
    audit: async (lines) => await ask('audit', { query: { lines: String(lines) } }),
    events,
  }
}
