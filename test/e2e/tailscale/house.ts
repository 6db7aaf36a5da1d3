import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect } from 'vitest'
import type { AccessState, MethodView } from '../../../src/lib/protocol/http-api.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import type { Ran } from '../../support/run.ts'
import type { Tailnet } from '../../support/tailnet.ts'

/** Node a, where the gateways of these tests run. */
export const a = 'https://node-a.xopc-test.ts.net'

/** So long a change outside may take to show, milliseconds: what issue 7 allows. */
const allowedMs = 10_000

/** Tailscale as the gateway's API shows it, by its control socket, which asks for no credential. */
export async function stateOf({ controlSocket }: RunningGateway): Promise<AccessState> {
  const asked = request({ socketPath: controlSocket, path: '/xopc/api/status', headers: { connection: 'close' } }).end()
  const [answer] = await once(asked, 'response', { signal: AbortSignal.timeout(5000) })
  // `as`: the shape of the API is held by tests of its own.
  const { methods } = (await json(answer)) as { methods: Pick<MethodView, 'id' | 'state'>[] }
  return methods.find(({ id }) => id === 'tailscale')?.state ?? { phase: 'off' }
}

/** The first state that is like that; fails with the last one after 10 s. One that is on is waited for until it is verified, which may take as long again. */
export async function untilState(gateway: RunningGateway, like: object, timeout = allowedMs): Promise<AccessState> {
  const look = async () => await stateOf(gateway)
  await expect.poll(look, { timeout, interval: 100 }).toMatchObject(like)
  const state = await look()
  if (state.phase !== 'on') return state
  await expect.poll(look, { timeout, interval: 100 }).toMatchObject({ ...like, verified: { vantage: 'self' } })
  return await look()
}

/** Switches Serve on, or throws what the command said. */
export async function switchOn({ xopc }: RunningGateway): Promise<void> {
  const { code, stdout, stderr } = await xopc(['tailscale', 'serve'])
  if (code !== 0) throw new Error(stdout + stderr)
}

/** Every byte of what a node serves, as Tailscale says it. */
export async function served(tailnet: Tailnet, name = 'a'): Promise<string> {
  const { code, stdout, stderr } = await tailnet.cli(name, ['serve', 'status', '--json'])
  if (code !== 0) throw new Error(stderr)
  return stdout.trim()
}

/** What a node serves, by port and path: `{'443/': 'http://127.0.0.1:3000'}`. */
export async function entries(tailnet: Tailnet, name = 'a'): Promise<Record<string, string>> {
  const { Web = {} }: ServeStatus = JSON.parse(await served(tailnet, name))
  const all = Object.entries(Web).flatMap(([authority, { Handlers }]) =>
    Object.entries(Handlers).map(([mount, { Proxy = 'a text' }]) => [`${authority.split(':')[1]}${mount}`, Proxy]),
  )
  return Object.fromEntries(all)
}

interface ServeStatus {
  Web?: Record<string, { Handlers: Record<string, { Proxy?: string }> }>
}

/** Runs a command with `--json`, and gives its exit code and what it printed. Throws where that is no JSON. */
export async function asJson(
  xopc: RunningGateway['xopc'],
  args: readonly string[],
  options: Parameters<RunningGateway['xopc']>[1] = {},
): Promise<{ code: number | null; json: unknown }> {
  const ran = await xopc([...args, '--json'], options)
  return { code: ran.code, json: parsed(ran) }
}

function parsed({ stdout, stderr }: Ran): unknown {
  try {
    return JSON.parse(stdout)
  } catch (error) {
    throw new Error(`no JSON: ${stdout}${stderr}`, { cause: error })
  }
}

/** The configuration file, byte for byte. */
export async function fileOf({ stateDir }: Pick<RunningGateway, 'stateDir'>): Promise<string> {
  return await readFile(join(stateDir, 'xopc.json'), 'utf8')
}
