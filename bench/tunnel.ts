import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { stringify } from 'smol-toml'
import { figure, type Bench } from './figure.ts'
import { gatewayProgram, type GatewayProgram, launcher, xopcEnv } from './gateway.ts'
import { interleave, median } from './measure.ts'
import { findPeer, nginxFiles, type Peer } from './peers.ts'
import { endWithUs, freePort } from './servers.ts'
import type { Row } from './table.ts'
import { load } from './wrk.ts'

const ROUNDS = 5
const SECONDS = 4
const STARTS = 7
const LARGE = 300 * 1024 * 1024
const HOW_TO_INSTALL = 'type test/peers/install'

/** A way for visitors to the same door of the same gateway. */
interface Way {
  /** Where frps listens for visitors. */
  port: number
  /** By which frps finds the way. */
  host: string
}

await figure(
  `The public tunnel against bare frpc and frps, to the same door of one gateway on this computer; medians of ${ROUNDS}, interleaved`,
  async (bench) => {
    const [frps, frpc, nginx, wrk, curl] = ['frps', 'frpc', 'nginx', 'wrk', 'curl'].map(needed)
    if (!frps || !frpc || !nginx || !wrk || !curl) throw new Error(HOW_TO_INSTALL)
    const files = join(bench.folder, 'files')
    mkdirSync(files)
    writeFileSync(join(files, 'large'), '')
    truncateSync(join(files, 'large'), LARGE)
    for (const name of ['data', 'index.html']) writeFileSync(join(files, name), 'x'.repeat(1024))
    const upstream = await nginxFiles(nginx, bench.folder, files)
    await bench.start(upstream)
    const gateway = await gatewayProgram(bench.folder, 'gateway', { upstream: upstream.origin })
    const env = { ...gateway.env, XOPC_FRPC_PATH: frpc.path }
    await bench.start({ ...gateway, env })
    const broker = await startBroker(bench, frps)
    const start = (): TunnelStatus => tunnel(env, ['start', '--accept-risk', '--broker', broker])
    const url = new URL(start().publicUrl)
    const ours: Way = { port: Number(url.port), host: url.host }
    const theirs = await bareFrp(bench, { frps, frpc, socket: join(bench.folder, 'gateway', 'run', 'tunnel.sock') })
    const rates = await interleave(
      { rounds: ROUNDS, warmUp: 1 },
      { xopc: () => requests(wrk, ours, gateway), frp: () => requests(wrk, theirs, gateway) },
    )
    const speeds = await interleave(
      { rounds: ROUNDS, warmUp: 1 },
      { xopc: () => download(curl, ours, gateway), frp: () => download(curl, theirs, gateway) },
    )
    const starts: number[] = []
    for (let count = 0; count < STARTS; count++) {
      tunnel(env, ['stop'])
      starts.push(time(() => start()))
    }
    const bareStarts = await timeBareStarts(frpc, theirs, gateway, bench.folder)
    const mended = await timeMended(env)
    const peer = 'bare frpc and frps'
    bench.note('Started: the whole command, until the address was tested in nine stages; the bare frpc until its first answer.')
    bench.note('Mended: from kill -9 of frpc until the address was tested again in nine stages; the bare frpc would stay dead.')
    return [
      {
        what: 'requests of 1 KB',
        xopc: median(rates.xopc),
        peer,
        theirs: median(rates.frp),
        unit: '/s',
        goal: { of: 'ratio', atLeast: 0.95 },
      },
      {
        what: 'a large body, MiB',
        xopc: median(speeds.xopc),
        peer,
        theirs: median(speeds.frp),
        unit: '/s',
        goal: { of: 'ratio', atLeast: 0.95 },
      },
      { what: 'started', xopc: median(starts), peer, theirs: median(bareStarts), unit: 'ms', goal: { of: 'xopc', atMost: 3000 } },
      { what: 'mended', xopc: median(mended), peer, theirs: median(bareStarts), unit: 'ms', goal: { of: 'xopc', atMost: 5000 } },
    ] satisfies Row[]
  },
)

function needed(name: string): Peer | null {
  return findPeer(name)
}

/** As far as it is read here. */
interface TunnelStatus {
  publicUrl: string
  frpcPid: number
  state: string
}

function tunnel(env: NodeJS.ProcessEnv, args: readonly string[]): TunnelStatus {
  const ran = spawnSync(process.execPath, [launcher, 'tunnel', ...args, '--json'], { env, encoding: 'utf8', timeout: 60_000 })
  if (ran.status !== 0) throw new Error(ran.stdout + ran.stderr)
  // `as`: what the command prints.
  return JSON.parse(ran.stdout) as TunnelStatus
}

function time(work: () => unknown): number {
  const begin = performance.now()
  work()
  return performance.now() - begin
}

async function startBroker(bench: Bench, frps: Peer): Promise<string> {
  const port = await freePort()
  const env = { ...xopcEnv(bench.folder, 'broker'), XOPC_FRPS_PATH: frps.path }
  const origin = `http://127.0.0.1:${port}`
  await bench.start({
    name: 'broker',
    command: process.execPath,
    args: [launcher, 'broker', 'start', '--dev', '--port', String(port)],
    env,
    readyUrl: `${origin}/.well-known/tunnel-config`,
  })
  return `${origin}/api`
}

/** frps as it is, and a frpc with what xopc gives its own. */
async function bareFrp(bench: Bench, { frps, frpc, socket }: { frps: Peer; frpc: Peer; socket: string }): Promise<Way> {
  const [bindPort, port] = [await freePort(), await freePort()]
  const dashboard = await freePort()
  const server = join(bench.folder, 'frps.toml')
  const settings = { bindAddr: '127.0.0.1', bindPort, proxyBindAddr: '127.0.0.1', vhostHTTPPort: port, subDomainHost: 't.test' }
  writeFileSync(server, stringify({ ...settings, webServer: { addr: '127.0.0.1', port: dashboard } }))
  await bench.start({
    name: 'frps',
    command: frps.path,
    args: ['-c', server],
    ownSession: true,
    readyUrl: `http://127.0.0.1:${dashboard}/healthz`,
  })
  const client = join(bench.folder, 'frpc.toml')
  const proxy = { name: 'bare', type: 'http', subdomain: 'bare', plugin: { type: 'unix_domain_socket', unixPath: socket } }
  const admin = await freePort()
  const common = { serverAddr: '127.0.0.1', serverPort: bindPort, transport: { poolCount: 5 } }
  writeFileSync(client, stringify({ ...common, webServer: { addr: '127.0.0.1', port: admin }, proxies: [proxy] }))
  writeFileSync(join(bench.folder, 'other.toml'), stringify({ ...common, proxies: [proxy] }))
  await bench.start({
    name: 'frpc',
    command: frpc.path,
    args: ['-c', client],
    ownSession: true,
    readyUrl: `http://127.0.0.1:${admin}/healthz`,
  })
  return { port, host: 'bare.t.test' }
}

async function requests(wrk: Peer, { port, host }: Way, { token }: GatewayProgram): Promise<number> {
  const url = `http://127.0.0.1:${port}/data`
  const { rate } = await load(wrk, { url, token, seconds: SECONDS, core: null, headers: [`Host: ${host}`] })
  return rate
}

/** MiB a second. */
async function download(curl: Peer, { port, host }: Way, { token }: GatewayProgram): Promise<number> {
  const headers = ['-H', `Host: ${host}`, '-H', `Authorization: Bearer ${token}`]
  const asked = ['-sS', '--fail', '-o', '/dev/null', '-w', '%{size_download} %{time_total}', ...headers, `http://127.0.0.1:${port}/large`]
  const { stdout } = await promisify(execFile)(curl.path, asked, { timeout: 120_000 })
  const [size = 0, seconds = 1] = stdout.split(' ').map(Number)
  if (size !== LARGE) throw new Error(`${size} bytes came in place of ${LARGE}`)
  return size / 1024 / 1024 / seconds
}

/** Another frpc of the same kind, from its start to the first answer. */
async function timeBareStarts(frpc: Peer, { port }: Way, { token }: GatewayProgram, folder: string): Promise<number[]> {
  const times: number[] = []
  for (let count = 0; count < STARTS; count++) {
    const name = `bare${count}`
    const path = join(folder, `${name}.toml`)
    writeFileSync(path, readBare(folder, name))
    const begin = performance.now()
    const child = spawn(frpc.path, ['-c', path], { stdio: 'ignore' })
    const ended = endWithUs(child)
    while ((await statusOfHost(port, `${name}.t.test`, token)) !== 200) await sleep(2)
    times.push(performance.now() - begin)
    child.kill('SIGKILL')
    await ended
  }
  return times
}

function readBare(folder: string, name: string): string {
  const text = readFileSync(join(folder, 'other.toml'), 'utf8')
  return text.replace('name = "bare"', `name = "${name}"`).replace('subdomain = "bare"', `subdomain = "${name}"`)
}

function statusOfHost(port: number, host: string, token: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/data', agent: false, headers: { host, authorization: `Bearer ${token}` } })
    asked.on('response', (reply) => resolve(reply.resume().statusCode ?? 0)).on('error', () => resolve(0))
    asked.end()
  })
}

async function timeMended(env: NodeJS.ProcessEnv): Promise<number[]> {
  const times: number[] = []
  for (let count = 0; count < STARTS; count++) {
    const { frpcPid } = tunnel(env, ['status'])
    const begin = performance.now()
    process.kill(frpcPid, 'SIGKILL')
    while (tunnel(env, ['status']).state === 'connected') await sleep(5)
    while (tunnel(env, ['status']).state !== 'connected') await sleep(5)
    times.push(performance.now() - begin)
  }
  return times
}
