import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { json, text } from 'node:stream/consumers'
import { expect } from 'vitest'
import type { MethodView, Overview } from '../../../src/lib/protocol/http-api.ts'
import type { TunnelStatus } from '../../../src/lib/protocol/tunnel-api.ts'
import { type ConfigTree, type GatewayOptions, type RunningGateway, startGateway } from '../../support/gateway.ts'
import type { Ran } from '../../support/run.ts'

/** That a person agreed, as the configuration has it. */
export const agreed = { version: '2026-11', acceptedAt: '2026-11-30T10:00:00Z' }

/** The peers that the public tunnel takes. */
export const tunnelPeers = ['frps', 'frpc'] as const

/** A gateway that would start its tunnel with this frpc at this broker, and does not yet. */
export async function tunnelGateway(
  frpc: string,
  brokerUrl: string,
  { tunnel = {}, env, ...options }: GatewayOptions & { tunnel?: ConfigTree } = {},
): Promise<RunningGateway> {
  const config = options.config ?? { tunnel: { brokerUrl, consent: agreed, ...tunnel } }
  return await startGateway({
    ...options,
    ...(options.stateDir === undefined || options.config !== undefined ? { config } : {}),
    env: { XOPC_FRPC_PATH: frpc, ...env },
  })
}

/** One question at the control socket, which asks for no credential. */
export async function askControl(
  { controlSocket }: Pick<RunningGateway, 'controlSocket'>,
  path: string,
  method = 'GET',
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const headers = { connection: 'close', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const asked = request({ socketPath: controlSocket, path: `/xopc/api${path}`, method, headers }).end(
    body === undefined ? undefined : JSON.stringify(body),
  )
  const [answer]: [IncomingMessage] = (await once(asked, 'response', { signal: AbortSignal.timeout(30_000) })) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, json: await json(answer) }
}

/** GET /api/tunnel/status. */
export async function tunnelOf(gateway: RunningGateway): Promise<TunnelStatus> {
  // `as`: the shape of the API is held by tests of its own.
  return (await askControl(gateway, '/tunnel/status')).json as TunnelStatus
}

/** The tunnel in the overview. */
export async function viewOf(gateway: RunningGateway): Promise<MethodView> {
  const { methods } = await overviewOf(gateway)
  const view = methods.find(({ id }) => id === 'tunnel')
  if (view === undefined) throw new Error('the overview has no tunnel')
  return view
}

/** GET /api/overview. */
export async function overviewOf(gateway: RunningGateway): Promise<Overview> {
  // `as`: the shape of the API is held by tests of its own.
  return (await askControl(gateway, '/overview')).json as Overview
}

/** Waits until the way in looks like that; gives it then. */
export async function untilView(gateway: RunningGateway, like: object, timeout = 15_000): Promise<MethodView> {
  await expect.poll(async () => await viewOf(gateway), { timeout, interval: 100 }).toMatchObject(like)
  return await viewOf(gateway)
}

/** Waits until it is on, and was looked at. */
export async function untilVerified(gateway: RunningGateway, timeout = 15_000): Promise<string> {
  const { state } = await untilView(gateway, { state: { phase: 'on', verified: { verdict: { ok: true } } } }, timeout)
  return 'urls' in state ? (state.urls[0] ?? '') : ''
}

/** Starts the tunnel, or throws what the command said; gives the public address. */
export async function startTunnel({ xopc }: Pick<RunningGateway, 'xopc'>, args: readonly string[] = []): Promise<string> {
  const ran = await xopc(['tunnel', 'start', '--json', ...args], { timeoutMs: 60_000 })
  const { publicUrl, state } = statusIn(ran)
  if (ran.code !== 0 || publicUrl === null) throw new Error(`${state}: ${ran.stdout}${ran.stderr}`)
  return publicUrl
}

/** What `xopc tunnel start`, `stop` and `status` print with `--json`. Throws all of it where it is no JSON. */
export function statusIn(ran: Ran): TunnelStatus {
  // `as`: the shape of what commands print is held by tests of the API.
  return readJson(ran) as TunnelStatus
}

/** What a command printed as JSON. Throws all of it where it is none. */
export function readJson({ stdout, stderr }: Ran): unknown {
  try {
    return JSON.parse(stdout)
  } catch (error) {
    throw new Error(`no JSON: ${stdout}${stderr}`, { cause: error })
  }
}

/** A visitor of a `*.localhost` address: what came back. */
export async function visit(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }> {
  const { host, port, pathname, search } = new URL(url)
  const asked = request({
    host: '127.0.0.1',
    port,
    path: pathname + search,
    headers: { host, connection: 'close', ...headers },
    agent: false,
  }).end()
  const [answer]: [IncomingMessage] = (await once(asked, 'response', { signal: AbortSignal.timeout(15_000) })) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, text: await text(answer), headers: answer.headers }
}

/** Milliseconds until something holds; fails after `timeout`. */
export async function millisecondsUntil(holds: () => Promise<boolean>, timeout: number): Promise<number> {
  const begin = performance.now()
  await expect.poll(holds, { timeout, interval: 50 }).toBe(true)
  return performance.now() - begin
}
