import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createTestCa } from '../certs.ts'
import { type Daemon, listensAt, type OwnNetwork } from './own-network.ts'
import { exchange, overTls } from './visit.ts'

/** What stands in for Tailscale's servers, and for Let's Encrypt. */
export interface Control {
  /** Where nodes log in: what `--login-server` takes. */
  readonly url: string
  /** The root of the nodes' certificates, PEM; another one at every start. */
  readonly rootFile: string
  readonly server: Daemon
  readonly issuer: Daemon
  /** What makes a node ask here for certificates and trust who answers. */
  readonly nodeEnv: NodeJS.ProcessEnv
  /** Does what an admin or a user of the tailnet would do in a browser; test/peers/go/tailscale/control/admin.go lists the paths. Gives what came back, throws what was refused. */
  admin(path: string): Promise<string>
}

/** The programs that it takes, by their peers' names. */
export interface ControlPrograms {
  'tailnet-control': string
  pebble: string
  'pebble-challtestsrv': string
}

// In a network of one's own every port is free.
const ports = { control: 9911, acme: 14_000, roots: 15_000, records: 8055, dns: 8053 }
const at = (port: number) => `127.0.0.1:${port}`
/** Without these pebble sleeps, forgets nonces, and reuses authorizations, which tailscaled never expects. */
const patient = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' }

/** Starts them in this network. Throws what they printed when they are not ready in 15 s. */
export async function startControl(network: OwnNetwork, folder: string, programs: ControlPrograms, domain: string): Promise<Control> {
  const ca = await createTestCa()
  const adminSocket = join(folder, 'admin.sock')
  const [server, issuer] = await Promise.all([
    network.start(controlArgv(programs, adminSocket, domain), {}, () => listensAt(adminSocket)),
    pebble(network, folder, programs, await ca.leaf(['127.0.0.1'])),
  ])
  const rootFile = join(folder, 'root.pem')
  await writeFile(rootFile, await issuersRoot(network, await readFile(ca.caFile)))
  return {
    url: `http://${at(ports.control)}`,
    rootFile,
    server,
    issuer,
    nodeEnv: { TS_DEBUG_ACME_DIRECTORY_URL: `https://${at(ports.acme)}/dir`, SSL_CERT_FILE: ca.caFile, SSL_CERT_DIR: '/nonexistent' },
    admin: (path) => ask(adminSocket, path),
  }
}

function controlArgv(programs: ControlPrograms, adminSocket: string, domain: string) {
  const where = ['-addr', at(ports.control), '-admin', adminSocket, '-records', `http://${at(ports.records)}`, '-domain', domain]
  return [programs['tailnet-control'], ...where] as const
}

async function pebble(
  network: OwnNetwork,
  folder: string,
  programs: ControlPrograms,
  own: { certFile: string; keyFile: string },
): Promise<Daemon> {
  const off = ['-doh', '-http01', '-https01', '-tlsalpn01'].flatMap((flag) => [flag, ''])
  const records = [programs['pebble-challtestsrv'], '-management', at(ports.records), '-dns01', at(ports.dns), ...off] as const
  const config = join(folder, 'pebble.json')
  const settings = {
    listenAddress: at(ports.acme),
    managementListenAddress: at(ports.roots),
    certificate: own.certFile,
    privateKey: own.keyFile,
    httpPort: 5002,
    tlsPort: 5001,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
    retryAfter: { authz: 0, order: 0 },
    keyAlgorithm: 'ecdsa',
    profiles: { default: { description: 'of the tests', validityPeriod: 7_776_000 } },
  }
  await writeFile(config, JSON.stringify({ pebble: settings }))
  const pebbleAnswers = async () => (await network.answers(ports.acme)) && (await network.answers(ports.roots))
  const [, issuer] = await Promise.all([
    network.start(records, {}, () => network.answers(ports.records)),
    network.start([programs.pebble, '-config', config, '-dnsserver', at(ports.dns)], patient, pebbleAnswers),
  ])
  return issuer
}

async function issuersRoot(network: OwnNetwork, ca: Buffer): Promise<string> {
  const url = new URL(`https://${at(ports.roots)}/roots/0`)
  const { status, body } = await exchange(await overTls(await network.dial(ports.roots), '127.0.0.1', ca), url)
  if (status !== 200) throw new Error(`pebble gives no root: ${status} ${body}`)
  return body
}

function ask(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => connect(socketPath),
      method: path === 'nodes' ? 'GET' : 'POST',
      path: `/${path}`,
      headers: { connection: 'close' },
    })
    asked.once('error', reject).once('response', (response) => {
      void text(response).then((body) => {
        if (response.statusCode === 200) resolve(body)
        else reject(new Error(`${path}: ${response.statusCode} ${body}`))
      }, reject)
    })
    asked.end()
  })
}
