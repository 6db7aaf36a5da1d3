import { figure, type Bench } from './figure.ts'
import { gatewayProgram } from './gateway.ts'
import { allowedCores, interleave, median } from './measure.ts'
import { caddyProxy, findPeer, nginxProxy, nginxStatic, type Peer } from './peers.ts'
import { statusOf } from './servers.ts'
import type { Goal, Row } from './table.ts'
import { load, type Load } from './wrk.ts'

const ROUNDS = 5
const SECONDS = 4
const HOW_TO_INSTALL = 'type test/peers/install'

const goals: Record<string, Goal | undefined> = { nginx: { of: 'ratio', atLeast: 0.35 }, caddy: { of: 'ratio', atLeast: 1.25 } }

await figure(
  `Proxying 1 KB of JSON with the token checked, 32 connections, one core; median of ${ROUNDS} × ${SECONDS} s, interleaved`,
  async (bench) => {
    const [loadCore, proxyCore] = allowedCores()
    const wrk = findPeer('wrk')
    const nginx = findPeer('nginx')
    if (loadCore === undefined || proxyCore === undefined)
      throw new Error('it needs two cores: one for the proxy, one for load and upstream')
    if (wrk === null || nginx === null) throw new Error(`it needs wrk and nginx: ${HOW_TO_INSTALL}`)
    const { urls, token } = await startAll(bench, nginx, loadCore, proxyCore)
    const tasks = Object.entries(urls).map(
      ([name, url]) => [name, () => load(wrk, { url, token, seconds: SECONDS, core: loadCore })] as const,
    )
    const { xopc = [], ...peers } = await interleave({ rounds: ROUNDS, warmUp: 1 }, Object.fromEntries(tasks))
    bench.note(`xopc, each round: ${rounds(xopc)}`)
    for (const [name, runs] of Object.entries(peers)) bench.note(`${name}, each round: ${rounds(runs)}`)
    return Object.entries(peers).flatMap(([name, theirs]) => rowsAgainst(name, xopc, theirs))
  },
)

async function startAll(
  bench: Bench,
  nginx: Peer,
  loadCore: number,
  core: number,
): Promise<{ urls: Record<string, string>; token: string }> {
  const upstream = await nginxStatic(nginx, bench.folder, loadCore, kilobyteOfJson())
  await bench.start(upstream)
  const gateway = await gatewayProgram(bench.folder, 'gateway', { upstream: upstream.origin, core })
  const proxies = [await nginxProxy(nginx, bench.folder, core, upstream.origin), ...(await caddies(bench, core, upstream.origin))]
  for (const program of [gateway, ...proxies]) await bench.start(program)
  if ((await statusOf(`${gateway.origin}/data`)) !== 401) throw new Error('the gateway let a request without a token through')
  const urls = Object.fromEntries(proxies.map(({ name, origin }) => [name, `${origin}/data`]))
  await sameAnswer([`${upstream.origin}/data`, `${gateway.origin}/data`, ...Object.values(urls)], gateway.token)
  return { urls: { xopc: `${gateway.origin}/data`, ...urls }, token: gateway.token }
}

async function caddies(bench: Bench, core: number, upstream: string) {
  const found = ['caddy', 'caddy-2.11'].flatMap((name) => findPeer(name) ?? [])
  if (found.length === 0) bench.missing(`Caddy is not installed: ${HOW_TO_INSTALL}`)
  return Promise.all(found.map((peer) => caddyProxy(peer, bench.folder, core, upstream)))
}

/** All of them serve the same thing, or the comparison means nothing. */
async function sameAnswer(urls: string[], token: string): Promise<void> {
  for (const url of urls) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    if ((await response.text()) !== kilobyteOfJson()) throw new Error(`${url} answered ${response.status} with something else`)
  }
}

function kilobyteOfJson(): string {
  const frame = JSON.stringify({ id: 1, text: '' })
  return frame.replace('""', `"${'x'.repeat(1024 - frame.length)}"`)
}

function rowsAgainst(name: string, ours: Load[], theirs: Load[]): Row[] {
  const of = (runs: Load[], key: keyof Load): number => median(runs.map((run) => run[key]))
  const goal = goals[name.replace(/-.*/, '')]
  const peer = name.replace('-', ' ')
  return [
    { what: 'requests', xopc: of(ours, 'rate'), peer, theirs: of(theirs, 'rate'), unit: '/s', ...(goal && { goal }) },
    { what: 'p50', xopc: of(ours, 'p50'), peer, theirs: of(theirs, 'p50'), unit: 'ms' },
    { what: 'p99', xopc: of(ours, 'p99'), peer, theirs: of(theirs, 'p99'), unit: 'ms' },
  ]
}

function rounds(runs: Load[]): string {
  return runs.map(({ rate }) => `${(rate / 1000).toFixed(1)}k`).join(' ')
}
