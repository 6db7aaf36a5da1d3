import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../support/build.ts'
import { createTestCa } from '../../support/certs.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { type GatewayOptions, type RunningGateway, startGateway, xopc } from '../../support/gateway.ts'
import { inOwnNames } from '../../support/hosts.ts'
import { type Computer, startInternet } from '../../support/internet.ts'
import { peerPath } from '../../support/peers.ts'
import { startUpstream, type Upstream } from '../../support/upstream.ts'
import type { Daemon } from '../../support/tailnet/own-network.ts'
import { agreed } from './house.ts'

/** The peers of a broker on a public host. */
export const publicPeers = ['netns', 'own-hosts', 'frps', 'frpc', 'caddy-2.11', 'pebble', 'pebble-challtestsrv'] as const

const domain = 'frp.example.test'
const name = 'home1234'

/** Three computers: a gateway's, a broker's host as `xopc broker init` sets it up (Caddy and an authority that speaks ACME included), and a visitor's. */
export interface PublicWorld {
  readonly computers: Record<'gateway' | 'broker' | 'visitor', Computer>
  /** `https://home1234.frp.example.test`, once the tunnel is open. */
  readonly url: string
  readonly brokerUrl: string
  /** The app behind the gateway. */
  readonly upstream: Upstream
  /** The authority that issues certificates; it can be stopped and go on. */
  readonly authority: Daemon
  readonly broker: Daemon
  /** A gateway that would register there, with the secret of a key; the name that it asks for is `home1234`. */
  startGateway(options?: GatewayOptions): Promise<RunningGateway>
  /** The broker's own command line, at its host. */
  brokerCli(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }>
  /** What the gateway answers a phone elsewhere that brings the secret of a pairing link. */
  join(pairingSecret: string): Promise<Record<string, unknown>>
  /** What a visitor gets; see test/fixtures/visitor.ts. Throws what it printed where it is no JSON. */
  visit(what: 'fetch' | 'sse' | 'ws' | 'upload', url: string, wish?: object, timeoutMs?: number): Promise<Record<string, unknown>>
}

/** Starts it; everything ends after the last test of the file. Needs `publicPeers`. Throws what a program printed that is not ready in 15 s. */
export async function startPublicWorld(): Promise<PublicWorld> {
  const computers = await startInternet(peer('netns'), ['gateway', 'broker', 'visitor'])
  const { broker: host } = computers
  const hosts = { [domain]: host.address, [`${name}.${domain}`]: host.address }
  const named = await inOwnNames({ hosts })
  const { authority, rootFile, acme } = await startAuthority(host)
  const dir = await newSet()
  const trust = { NODE_EXTRA_CA_CERTS: rootFile }
  const stateDir = await tempFolder()
  const brokerEnv = { HOME: stateDir, XOPC_STATE_DIR: stateDir, XOPC_FRPS_PATH: peer('frps'), ...trust }
  const command = [process.execPath, join(root, 'bin/run.js')] as const
  const broker = await host.start(
    named([...command, 'broker', 'start', '--dir', dir]),
    brokerEnv,
    async () => (await host.answers(7100)) && (await host.answers(7000)) && (await host.answers(7080)),
  )
  const home = await tempFolder()
  const visit: PublicWorld['visit'] = async (what, url, wish = {}, timeoutMs = 60_000) => {
    const visitor = [process.execPath, join(root, 'test/fixtures/visitor.ts'), what, url, JSON.stringify(wish)] as const
    const ran = await computers.visitor.run(named([...visitor]), { timeoutMs, env: { PATH: process.env['PATH'], ...trust } })
    if (ran.code !== 0) throw new Error(`${ran.stdout}${ran.stderr}`)
    // `as`: the fixture prints objects only.
    return JSON.parse(ran.stdout) as Record<string, unknown>
  }
  // Its own certificate, too: the authority may be held up from then on.
  const isServed = async () =>
    await visit('fetch', `https://${domain}/.well-known/tunnel-config`).then(
      ({ status }) => status === 200,
      () => false,
    )
  const caddy = [peer('caddy-2.11'), 'run', '--adapter', 'caddyfile', '--config', await caddyfileFor(dir, acme)] as const
  await host.start(caddy, { HOME: home }, async () => (await host.answers(443)) && (await isServed()))
  const brokerCli: PublicWorld['brokerCli'] = (args) =>
    host.run(named([...command, 'broker', ...args, '--dir', dir]), { env: { PATH: process.env['PATH'], ...brokerEnv } })
  const created = await brokerCli(['key', 'create', '--name', 'tests', '--json'])
  const { secret }: { secret: string } = JSON.parse(created.stdout)
  const socket = join(await tempFolder(), 'app.sock')
  const upstream = await startUpstream('--unix', socket)
  const brokerUrl = `https://${domain}/api`
  return {
    computers,
    url: `https://${name}.${domain}`,
    brokerUrl,
    upstream,
    authority,
    broker,
    brokerCli,
    startGateway: (options = {}) =>
      startGateway({
        prefix: computers.gateway.prefix,
        dial: computers.gateway.dial,
        hosts,
        config: {
          gateway: { upstream: { url: upstream.url } },
          tunnel: { brokerUrl, registrationSecret: secret, consent: agreed, subdomain: name },
        },
        ...options,
        env: { XOPC_FRPC_PATH: peer('frpc'), ...trust, ...options.env },
      }),
    visit,
    async join(pairingSecret) {
      const body = JSON.stringify({ pairingSecret, deviceName: 'Pixel', platform: 'android' })
      const headers = { 'content-type': 'application/json' }
      return await visit('fetch', `https://${name}.${domain}/api/tunnel/exchange-token`, { method: 'POST', headers, body })
    },
  }
}

/** Pebble at the broker's host, for which every name leads to that host. */
async function startAuthority({ start, answers, address, run }: Computer): Promise<{ authority: Daemon; rootFile: string; acme: string }> {
  const ca = await createTestCa()
  const { certFile, keyFile } = await ca.leaf(['127.0.0.1', 'localhost'])
  const folder = await tempFolder()
  const pebble = {
    listenAddress: '127.0.0.1:14000',
    managementListenAddress: '127.0.0.1:15000',
    certificate: certFile,
    privateKey: keyFile,
    httpPort: 80,
    tlsPort: 443,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
    retryAfter: { authz: 0, order: 0 },
    keyAlgorithm: 'ecdsa',
    profiles: { default: { description: 'of the tests', validityPeriod: 7_776_000 } },
  }
  await writeFile(join(folder, 'pebble.json'), JSON.stringify({ pebble }))
  const off = ['-doh', '-http01', '-https01', '-tlsalpn01', '-defaultIPv6'].flatMap((flag) => [flag, ''])
  const names = [
    peer('pebble-challtestsrv'),
    '-management',
    '127.0.0.1:8055',
    '-dns01',
    '127.0.0.1:8053',
    '-defaultIPv4',
    address,
    ...off,
  ] as const
  await start(names, {}, () => answers(8053))
  const patient = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' }
  const authority = await start([peer('pebble'), '-config', join(folder, 'pebble.json'), '-dnsserver', '127.0.0.1:8053'], patient, () =>
    answers(15_000),
  )
  const rootFile = join(folder, 'root.pem')
  const fetched = await run(['curl', '-sS', '--cacert', ca.caFile, '-o', rootFile, 'https://127.0.0.1:15000/roots/0'])
  if (fetched.code !== 0) throw new Error(fetched.stderr)
  return {
    authority,
    rootFile,
    acme: `\tacme_ca https://127.0.0.1:14000/dir\n\tacme_ca_root ${ca.caFile}\n\tskip_install_trust\n\tadmin off\n`,
  }
}

async function newSet(): Promise<string> {
  const dir = join(await tempFolder(), 'set')
  const ran = await xopc(['broker', 'init', '--domain', domain, '--dir', dir])
  if (ran.code !== 0) throw new Error(ran.stderr)
  const path = join(dir, 'broker.json')
  // Heartbeats as often as they may come, so that tests do not wait.
  const settings: Record<string, unknown> = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(path, JSON.stringify({ ...settings, heartbeatSeconds: 5 }))
  return dir
}

/** The one that was written, with the authority of the test. */
async function caddyfileFor(dir: string, acme: string): Promise<string> {
  const text = await readFile(join(dir, 'Caddyfile'), 'utf8')
  const path = join(dir, 'Caddyfile.test')
  await writeFile(path, text.replace('{\n', `{\n${acme}`))
  return path
}

function peer(program: (typeof publicPeers)[number]): string {
  const path = peerPath(program)
  if (path === null) throw new Error(`the peer ${program} is missing`)
  return path
}

/** Stops a program as it stands (SIGSTOP) for a while. */
export async function frozenFor({ pid }: Pick<Daemon, 'pid'>, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  let frozen = true
  const thaw = async (): Promise<void> => {
    if (frozen) process.kill(pid, 'SIGCONT')
    frozen = false
  }
  atEnd(thaw)
  await sleep(ms)
  await thaw()
}
