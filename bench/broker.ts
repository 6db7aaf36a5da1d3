import { execFile, spawn, spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { frpcConfig } from '../src/lib/binaries/frpc-config.ts'
import { type Registration, registrationMessage, SECRET_HEADER } from '../src/lib/protocol/broker-api.ts'
import { figure, type Bench } from './figure.ts'
import { launcher, xopcEnv } from './gateway.ts'
import { allowedCores, residentBytes } from './measure.ts'
import { findPeer, type Peer } from './peers.ts'
import { endWithUs, freePort, type Running } from './servers.ts'
import type { Row } from './table.ts'

const SIZES = [1000, 10_000, 50_000]
const REAL = 100
const SECONDS = 8
const HOW_TO_INSTALL = 'type test/peers/install'

/** What a lease is kept alive with. */
type Lease = Pick<Registration, 'tunnelId' | 'tunnelToken'> & Registration

await figure(`A broker with many live leases, ${REAL} of them with a real frpc; heartbeats of wrk over 64 connections`, async (bench) => {
  const [frps, frpc, wrk] = ['frps', 'frpc', 'wrk'].map((name) => findPeer(name))
  const [loadCore] = allowedCores()
  if (!frps || !frpc || !wrk || loadCore === undefined) throw new Error(HOW_TO_INSTALL)
  const bare = await startBare(bench)
  const { origin, secret, server, caPem } = await startBroker(bench, frps)
  const register = registrar(origin, secret)
  const leases: Lease[] = []
  const rows: Row[] = []
  const empty = residentBytes(server.pid)
  for (const size of SIZES) {
    const [begin, before] = [performance.now(), leases.length]
    while (leases.length < size) leases.push(...(await Promise.all(Array.from({ length: Math.min(32, size - leases.length) }, register))))
    bench.note(`${size} leases: ${Math.round(((size - before) / (performance.now() - begin)) * 1000)} registrations a second at most`)
    if (size === SIZES[0]) await startClients(bench, frpc, leases.slice(0, REAL), caPem)
    const ours = await heartbeats(wrk, bench.folder, origin, leases)
    const theirs = await heartbeats(wrk, bench.folder, bare, leases)
    const bytes = residentBytes(server.pid)
    bench.note(
      `${size} leases: ${((bytes - empty) / 1024 / size).toFixed(1)} KiB of memory each, ${Math.round(bytes / 1024 / 1024)} MiB in all`,
    )
    const goals = size === 10_000
    rows.push(
      {
        what: `heartbeats, ${size} leases`,
        xopc: ours.rate,
        peer: 'node:http that answers at once',
        theirs: theirs.rate,
        unit: '/s',
        ...(goals ? { goal: { of: 'xopc', atLeast: 5000 } as const } : {}),
      },
      {
        what: 'p99',
        xopc: ours.p99,
        peer: '',
        theirs: theirs.p99,
        unit: 'ms',
        ...(goals ? { goal: { of: 'xopc', atMost: 50 } as const } : {}),
      },
    )
  }
  return rows
})

/** A set of its own on loopback, with limits that keep nobody out. */
async function startBroker(bench: Bench, frps: Peer): Promise<{ origin: string; secret: string; server: Running; caPem: string }> {
  const env = { ...xopcEnv(bench.folder, 'broker'), XOPC_FRPS_PATH: frps.path }
  const dir = join(bench.folder, 'set')
  const cli = (args: readonly string[]): string => {
    const ran = spawnSync(process.execPath, [launcher, 'broker', ...args, '--dir', dir, '--json'], {
      env,
      encoding: 'utf8',
      timeout: 30_000,
    })
    if (ran.status !== 0) throw new Error(ran.stdout + ran.stderr)
    return ran.stdout
  }
  cli(['init', '--domain', 'bench.test'])
  const [api, plugin, tunnels, vhost, dashboard] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const origin = `http://127.0.0.1:${api}`
  // `as`: what was just written.
  const settings = JSON.parse(readFileSync(join(dir, 'broker.json'), 'utf8')) as object
  const changed = {
    ...settings,
    brokerUrl: `${origin}/api`,
    publicUrl: `http://{name}.bench.test:${vhost}`,
    api: { host: '127.0.0.1', port: api },
    tunnelAddress: '127.0.0.1',
    limits: { registrationsPerAddress: 100_000, registrationsPerKey: 1_000_000 },
  }
  writeFileSync(join(dir, 'broker.json'), JSON.stringify(changed))
  const toml = readFileSync(join(dir, 'frps.toml'), 'utf8')
  writeFileSync(
    join(dir, 'frps.toml'),
    toml
      .replace('bindAddr = "0.0.0.0"', 'bindAddr = "127.0.0.1"')
      .replace('bindPort = 7000', `bindPort = ${tunnels}`)
      .replace('= 7080', `= ${vhost}`)
      .replace(':7101"', `:${plugin}"`)
      .replace(/(webServer.port = )\d+/, `$1${dashboard}`),
  )
  // `as`: what the command prints.
  const { secret } = JSON.parse(cli(['key', 'create', '--leases', '100000'])) as { secret: string }
  const server = await bench.start({
    name: 'broker',
    command: process.execPath,
    args: [launcher, 'broker', 'start', '--dir', dir],
    env,
    readyUrl: `${origin}/.well-known/tunnel-config`,
  })
  return { origin, secret, server, caPem: readFileSync(join(dir, 'frps-cert.pem'), 'utf8') }
}

function registrar(origin: string, secret: string): () => Promise<Lease> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  return async () => {
    const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
    const key = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x, d } })
    const facts = {
      gatewayId: randomUUID(),
      publicKey: x,
      platform: 'linux-x64',
      gatewayVersion: '0.0.0',
      nonce: randomBytes(24).toString('base64url'),
      expiresAt: Date.now() + 120_000,
    }
    const signature = sign(null, Buffer.from(registrationMessage({ audience: `${origin}/api`, ...facts })), key).toString('base64url')
    const answer = await post(agent, `${origin}/api/tunnels/register`, { [SECRET_HEADER]: secret }, { version: 2, ...facts, signature })
    if (answer.status !== 200) throw new Error(answer.body)
    // `as`: what a broker answers.
    return JSON.parse(answer.body) as Lease
  }
}

function post(agent: Agent, url: string, headers: Record<string, string>, body: object): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers: { ...headers, 'content-type': 'application/json' } }, (reply) => {
      text(reply).then((said) => resolve({ status: reply.statusCode ?? 0, body: said }), reject)
    })
    asked.on('error', reject).end(JSON.stringify(body))
  })
}

/** Real programs that hold their leases, as xopc starts them. */
async function startClients(bench: Bench, frpc: Peer, leases: readonly Lease[], caPem: string): Promise<void> {
  const folder = join(bench.folder, 'frpc')
  mkdirSync(folder)
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, caPem)
  const status = await freePort()
  for (const [index, { frpc: own }] of leases.entries()) {
    const { authToken: token, ...rest } = own
    const path = join(folder, `${index}.toml`)
    const config = frpcConfig({ ...rest, token, unixPath: join(folder, 'app.sock'), tls: { caFile, serverName: 'bench.test' } })
    writeFileSync(path, index === 0 ? `webServer.addr = "127.0.0.1"\nwebServer.port = ${status}\n${config}` : config, { mode: 0o600 })
    if (index > 0) spawnDetachedFrpc(frpc, path)
  }
  await bench.start({
    name: 'frpc',
    command: frpc.path,
    args: ['-c', join(folder, '0.toml')],
    readyUrl: `http://127.0.0.1:${status}/healthz`,
  })
  await sleep(3000)
}

function spawnDetachedFrpc(frpc: Peer, path: string): void {
  const child = spawn(frpc.path, ['-c', path], { stdio: 'ignore' })
  void endWithUs(child)
  child.unref()
}

/** The same load on a server that answers every question with the same text: what wrk and HTTP in Node can do here. */
async function startBare(bench: Bench): Promise<string> {
  const server = createServer((req, res) => {
    req.resume()
    res.setHeader('content-type', 'application/json').end('{"expiresAt":1800000000000}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const at = server.address()
  bench.note('The peer is a node:http server in the process that measures, which answers each heartbeat with the same text.')
  return `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`
}

async function heartbeats(wrk: Peer, folder: string, origin: string, leases: readonly Lease[]): Promise<{ rate: number; p99: number }> {
  const script = join(folder, 'heartbeats.lua')
  const list = leases.map(({ tunnelId, tunnelToken }) => `{"${tunnelId}","${tunnelToken}"}`).join(',\n')
  writeFileSync(
    script,
    `local leases = {${list}}\nlocal n = 0\nfunction request()\n  n = n % #leases + 1\n  return wrk.format("POST", "/api/tunnels/" .. leases[n][1] .. "/heartbeat", {["x-tunnel-token"] = leases[n][2]})\nend\n`,
  )
  const args = ['-t1', '-c64', `-d${SECONDS}s`, '--latency', '-s', script, origin]
  const { stdout } = await promisify(execFile)(wrk.path, args, { timeout: 60_000 })
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout)
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
  const [, value, unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? []
  if (value === undefined) throw new Error(`wrk did not say how long its requests took:\n${stdout}`)
  return { rate, p99: Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? 1) }
}
