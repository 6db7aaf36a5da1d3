import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Config } from '../../../src/lib/config/schema.ts'
import { configSchema } from '../../../src/lib/config/schema.ts'
import type { ConfigEvent, ConfigStore } from '../../../src/lib/config/watch.ts'
import { createGateway, type Gateway, type Served } from '../../../src/lib/gateway/server.ts'
import { type Devices, openDevices } from '../../../src/lib/identity/devices.ts'
import type { Signer } from '../../../src/lib/identity/keypair.ts'
import { createPairing, type Pairing } from '../../../src/lib/identity/pairing.ts'
import { tunnelStatus } from '../../../src/lib/core/tunnel-status.ts'
import type { GatewayEvent, Verdict } from '../../../src/lib/protocol/http-api.ts'
import type { Device, PairingCode } from '../../../src/lib/protocol/pairing-api.ts'
import { appLink } from '../../../src/lib/protocol/pairing-link.ts'
import { statePaths } from '../../../src/lib/system/paths.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'
import type { Log } from '../../../src/lib/system/log.ts'

/** A gateway on free ports in a state folder of its own, over a hand-written Xopc; it ends with the test. */
export interface House {
  gateway: Gateway
  port: number
  socket: string
  token: string
  xopc: FakeXopc
  audits: string[]
  devices: Devices
  pairing: Pairing
  /** Moves the time of pairing codes. */
  wait(ms: number): void
  /** Puts a new effective configuration in place and tells the gateway, as a saved change does. */
  reconfigure(change: (config: Config) => Config): Promise<void>
  /** A request to the local door; `by: 'socket'` goes to the control socket. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>
}

/** What a request carries. */
export interface AskOptions {
  headers?: Record<string, string>
  body?: unknown
  /** Sent as it is instead of `body`. */
  text?: string
  by?: 'tcp' | 'socket'
}

/** What came back. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  json(): Record<string, unknown>
}

/** What was called, and a way to let events out. */
export type FakeXopc = Served & { calls: string[]; emit(type: GatewayEvent['type'], data?: unknown): void }

/** Starts one. `gateway` is the `gateway` section as a person writes it; `signer` signs by saying so unless a real one is given. */
export async function startHouse(gateway: Record<string, unknown> = {}, signer: Signer = fakeSigner): Promise<House> {
  const dir = await mkdtemp(join(tmpdir(), 'xopc-control-'))
  const token = randomBytes(24).toString('hex')
  const store = fakeStore(configSchema.parse({ gateway: { port: 0, ...gateway, auth: { token, ...section(gateway['auth']) } } }), dir)
  const xopc = fakeXopc()
  const audits: string[] = []
  const state = { paths: statePaths({ XOPC_STATE_DIR: dir }), runDir: dir, tightened: [] }
  const devices = await openDevices({ state, clock: systemClock, log: quietLog })
  let later = 0
  const pairing = createPairing({ clock: { ...systemClock, now: () => systemClock.now() + later } })
  const house = createGateway({
    config: store,
    state,
    devices,
    pairing,
    signer,
    log: quietLog,
    audit: { write: (event) => audits.push(event) },
    clock: systemClock,
    version: '0.0.0-test',
    whois: async () => null,
  })
  onTestFinished(async () => {
    await house.stop()
    await devices.close()
    await rm(dir, { recursive: true })
  })
  await house.serve(xopc)
  const port = Number(new URL(house.url()).port)
  const socket = join(dir, 'control.sock')
  const ask: House['ask'] = (method, path, options = {}) => send({ port, socket, method, path, ...options })
  const wait = (ms: number): void => void (later += ms)
  return { gateway: house, port, socket, token, xopc, audits, devices, pairing, wait, ask, reconfigure: (change) => store.change(change) }
}

function section(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Keeps nothing. */
export const quietLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => quietLog }

/** Signs by saying so. */
export const fakeSigner: Signer = {
  gatewayId: 'gateway-1',
  publicKey: 'key-1',
  fingerprint: 'SHA256:key-1',
  sign: (text) => `signed:${text}`,
}

/** One request over plain node:http, so that Host and everything else can be what an attacker sends. */
export function send(given: AskOptions & { port: number; socket: string; method: string; path: string }): Promise<Answer> {
  const { method, path, headers = {}, by } = given
  const body = given.text ?? (given.body === undefined ? undefined : JSON.stringify(given.body))
  const type: Record<string, string> = given.body === undefined ? {} : { 'content-type': 'application/json' }
  const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const place = by === 'socket' ? { socketPath: given.socket } : { host: '127.0.0.1', port: given.port }
  return new Promise((resolve, reject) => {
    const call = request(
      { ...place, method, path, headers: { ...type, ...length, ...headers }, agent: false, timeout: 10_000 },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        reply.on('error', reject)
        reply.on('end', () =>
          resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text, json: () => JSON.parse(text) as Record<string, unknown> }),
        )
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')))
    call.on('error', reject)
    call.end(body)
  })
}

/** A browser session at the local door: its cookie, its key, its origin. */
export async function signedIn(house: House): Promise<{ cookie: string; key: string; origin: string }> {
  const origin = `http://127.0.0.1:${house.port}`
  const reply = await house.ask('POST', '/api/session', { body: { token: house.token }, headers: { origin } })
  if (reply.status !== 200) throw new Error(`sign-in failed: ${reply.text}`)
  const [cookie = ''] = String(reply.headers['set-cookie']).split(';')
  return { cookie, key: String(reply.json()['sessionKey']), origin }
}

/** A stream that can be read piece by piece. */
export interface OpenStream {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** Resolves with all text so far once the test says it has what it waits for; rejects after 10 s. */
  until(test: (text: string) => boolean): Promise<string>
  /** Resolves with all text when the stream has ended. */
  ended: Promise<string>
  close(): void
}

/** Opens an event stream. */
export function openStream(house: Pick<House, 'port' | 'socket'>, path: string, options: AskOptions = {}): Promise<OpenStream> {
  const place = options.by === 'socket' ? { socketPath: house.socket } : { host: '127.0.0.1', port: house.port }
  return new Promise((resolve, reject) => {
    const call = request({ ...place, path, headers: options.headers ?? {}, agent: false }, (reply) => {
      let text = ''
      const waiting = new Set<() => void>()
      const wake = () => waiting.forEach((each) => each())
      const ended = new Promise<string>((done) => reply.once('close', () => done(text)))
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        wake()
      })
      reply.on('error', wake)
      const until = (test: (text: string) => boolean) =>
        new Promise<string>((done, fail) => {
          const late = setTimeout(() => fail(new Error(`not within 10 s; so far: ${text}`)), 10_000)
          const look = () => {
            if (!test(text)) return
            clearTimeout(late)
            waiting.delete(look)
            done(text)
          }
          waiting.add(look)
          look()
        })
      onTestFinished(() => void call.destroy())
      resolve({ status: reply.statusCode ?? 0, headers: reply.headers, until, ended, close: () => call.destroy() })
    })
    call.on('error', reject)
    call.end()
  })
}

function fakeStore(first: Config, dir: string): ConfigStore & { change(change: (config: Config) => Config): Promise<void> } {
  let config = first
  const listeners = new Set<(event: ConfigEvent) => void | Promise<void>>()
  const reload = { ok: true, applied: [], rebound: [], restartNeeded: [], problems: [] }
  const view = () => Promise.resolve({ path: join(dir, 'xopc.json'), etag: '"1"', config: {}, origins: {} })
  return {
    path: join(dir, 'xopc.json'),
    current: () => config,
    warnings: () => [],
    origin: () => null,
    view,
    edit: async () => ({ ...(await view()), reload }),
    check: async () => config,
    lastReload: () => reload,
    reload: () => Promise.resolve(reload),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onReload: () => () => {},
    close: () => Promise.resolve(),
    async change(change) {
      const before = config
      config = change(structuredClone(config))
      for (const listener of listeners) await listener({ before, after: config, reload })
    },
  }
}

function fakeXopc(): FakeXopc {
  const calls: string[] = []
  const events: GatewayEvent[] = []
  const waiting = new Set<() => void>()
  const emit = (type: GatewayEvent['type'], data: unknown = {}) => {
    events.push({ id: events.length + 1, type, at: new Date(0).toISOString(), data })
    waiting.forEach((each) => each())
  }
  const call = <Result>(name: string, result: Result) => {
    calls.push(name)
    return Promise.resolve(result)
  }
  const off = { phase: 'off' } as const
  const seen = { url: 'https://gateway.test', at: '2026-01-01T00:00:00.000Z', ms: 3, latencyMs: 1, stages: [] }
  const verdict: Verdict = { ...seen, vantage: 'self', ok: true }
  const template = { program: 'caddy' as const, domain: 'gateway.test', gateway: '127.0.0.1:18790', file: 'Caddyfile', text: '', steps: [] }
  const on = { phase: 'on', urls: ['http://192.168.7.7:18790'], since: '2026-01-01T00:00:00.000Z', verified: null } as const
  const view = { path: '/state/xopc.json', etag: '"v1"', config: { gateway: { auth: { token: '••••••••••••' } } }, origins: {} }
  const phone: Device = {
    id: 'device-1',
    name: 'Phone',
    platform: 'android',
    kind: 'app',
    scopes: ['read', 'run'],
    baseUrl: 'https://gateway.test',
    pairedAt: '2026-01-01T00:00:00.000Z',
    lastSeenAt: null,
    lastIp: null,
    lastIngress: null,
  }
  const code: PairingCode = {
    id: 'code-1',
    state: 'waiting',
    expiresAt: '2026-01-01T00:05:00.000Z',
    scopes: ['read', 'run'],
    name: null,
    baseUrl: 'https://gateway.test',
    lanUrl: null,
    links: null,
    qr: null,
    device: null,
  }
  const linked = (id: string): PairingCode => ({
    ...code,
    id,
    links: { app: appLink({ id, baseUrl: code.baseUrl, lanUrl: null, secret: 'secret' }), browser: null },
  })
  return {
    calls,
    emit,
    publish: emit,
    health: () => call('health', { status: 'ok' as const, version: '0.0.0-test', uptime: 1 }),
    status: () =>
      call('status', {
        version: '0.0.0-test',
        apiLevel: 1,
        gatewayId: 'gateway-1',
        fingerprint: 'SHA256:key-1',
        pid: 1,
        uptime: 1,
        startedAt: '2026-01-01T00:00:00.000Z',
        url: 'http://127.0.0.1:18790',
        authMode: 'token',
        upstream: null,
        ingress: [],
        methods: [{ id: 'lan' as const, intended: false, state: off }],
        counts: { connections: 1, sse: 0, webSockets: 0, sessions: 0 },
      }),
    test: () => call('test', verdict),
    testUrl: () => call('testUrl', verdict),
    proxyTemplate: () => call('proxyTemplate', template),
    overview: () =>
      call('overview', {
        running: true,
        gatewayId: 'g-1',
        methods: [
          {
            id: 'lan' as const,
            intended: true,
            audience: 'lan' as const,
            audienceText: 'the network',
            state: { ...on, urls: [...on.urls] },
            candidates: [],
          },
        ],
        ssh: {
          user: 'someone',
          hosts: ['home'],
          port: 18790,
          command: 'ssh -N -L 18790:127.0.0.1:18790 someone@home',
          server: { port: 22, listens: true },
        },
        seenAs: null,
        conflicts: [],
        recommended: null,
      }),
    plan: (id, options) => call(`plan ${id} ${JSON.stringify(options)}`, { steps: [{ title: 'listen' }] }),
    enable: (id, options) =>
      call(`enable ${id} ${JSON.stringify(options)}`, { phase: 'starting' as const, step: 'listen', since: '2026-01-01T00:00:00.000Z' }),
    disable: (id, options) => call(`disable ${id} ${JSON.stringify(options)}`, off),
    consent: (id, version) => call(`consent ${id} ${version}`, { version, acceptedAt: '2026-01-01T00:00:00.000Z' }),
    diagnose: (id) => call(`diagnose ${id}`, [{ code: 'LAN_LISTENS', title: 'Listens', status: 'pass' as const, detail: 'it does' }]),
    pair: (options, caller) => call(`pair ${JSON.stringify(options)} ${caller?.id}`, code),
    pairing: (id, caller) => call(`pairing ${id} ${caller?.id}`, linked(id)),
    cancelPairing: (id, caller) => call(`cancelPairing ${id} ${caller?.id}`, undefined),
    pairContext: () => call('pairContext', { candidates: [], recommended: null, blockReason: 'GATEWAY_LOOPBACK_ONLY' }),
    devices: () => call('devices', [phone]),
    renameDevice: (id, name) => call(`renameDevice ${id} ${name}`, { ...phone, id, name }),
    revokeDevice: (id) => call(`revokeDevice ${id}`, undefined),
    revokeDevices: () => call('revokeDevices', 1),
    tunnelStatus: () =>
      call(
        'tunnelStatus',
        tunnelStatus({ config: configSchema.parse({}), secretOrigin: null, saved: null, state: off, run: null, closesAt: null }),
      ),
    prefetchTunnel: () => call('prefetchTunnel', { program: '/bin/frpc', version: '0.71.0', warning: null }),
    config: () => call('config', view),
    patchConfig: (patch, ifMatch) => call(`patchConfig ${JSON.stringify(patch)} ${ifMatch}`, { ...view, etag: '"v2"', reload: null }),
    stop: () => call('stop', undefined),
    restart: () => call('restart', undefined),
    rotateToken: () => call('rotateToken', { token: 'new' }),
    logs: (lines) => call(`logs ${lines}`, [{ level: 'info' }]),
    audit: (lines) => call(`audit ${lines}`, [{ event: 'AccessAudit.enabled' }]),
    async *events(signal, lastEventId = events.length) {
      for (let next = lastEventId; !signal.aborted;) {
        const event = events[next]
        if (event !== undefined) {
          next++
          yield event
          continue
        }
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
          signal.addEventListener('abort', wake, { once: true })
        })
      }
    },
  }
}
