import { readFile, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { createTestCa, type TestCa } from './certs.ts'
import { tempFolder } from './cleanup.ts'
import { freePort } from './ports.ts'
import { startProgram } from './program.ts'

/** A certificate authority that speaks ACME, as Let's Encrypt does: pebble. Every name leads to 127.0.0.1 for it. */
export interface AcmeServer {
  /** Where the server must answer that asks for a certificate: `http://<name>:<httpPort>` and `https://<name>:<httpsPort>`. */
  readonly httpPort: number
  readonly httpsPort: number
  /** The root of what it issues, PEM; another one at every start. */
  readonly rootFile: string
  /** Makes a program on Node trust what it issues. */
  readonly env: { readonly NODE_EXTRA_CA_CERTS: string }
  /** For a Caddyfile's `{ … }` at the top, so that its sites listen on `httpsPort` with a certificate from here. */
  readonly caddyGlobals: string
  /** Resolves when `httpsPort` serves a certificate for this name that leads to the root. Throws what was wrong last when that takes more than 20 s. */
  issued(name: string): Promise<void>
}

/** Without these pebble sleeps, forgets nonces and reuses authorizations at random, to try its clients. */
const patient = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' }
const loopback = (port: number) => ({ host: '127.0.0.1', port })

/** Starts pebble and, for its look-ups, pebble-challtestsrv (both peers). They end after the last test of the file. Throws what they printed when they are not ready in 15 s. */
export async function startAcme(pebble: string, challtestsrv: string): Promise<AcmeServer> {
  const [dns, challenges] = [await freePort(), await freePort()]
  const ports = { port: await freePort(), management: await freePort(), httpPort: await freePort(), httpsPort: await freePort() }
  const { port, management, httpPort, httpsPort } = ports
  const ca = await createTestCa()
  const off = ['-doh', '-http01', '-https01', '-tlsalpn01', '-defaultIPv6'].flatMap((flag) => [flag, ''])
  const names = [challtestsrv, '-management', `127.0.0.1:${challenges}`, '-dns01', `127.0.0.1:${dns}`, ...off] as const
  await startProgram(names, [loopback(challenges), loopback(dns)], {})
  const issuer = [pebble, '-config', await pebbleConfig(ca, ports), '-dnsserver', `127.0.0.1:${dns}`] as const
  await startProgram(issuer, [loopback(port), loopback(management)], patient)
  const rootFile = join(await tempFolder(), 'acme-root.pem')
  await writeFile(rootFile, await fetchText(`https://127.0.0.1:${management}/roots/0`, await readFile(ca.caFile, 'utf8')))
  return {
    httpPort,
    httpsPort,
    rootFile,
    env: { NODE_EXTRA_CA_CERTS: rootFile },
    caddyGlobals: `http_port ${httpPort}\nhttps_port ${httpsPort}\nacme_ca https://127.0.0.1:${port}/dir\nacme_ca_root ${ca.caFile}\n`,
    issued: (name) => issued(name, httpsPort, rootFile),
  }
}

async function pebbleConfig(ca: TestCa, ports: Record<'port' | 'management' | 'httpPort' | 'httpsPort', number>): Promise<string> {
  const { certFile, keyFile } = await ca.leaf(['127.0.0.1', 'localhost'])
  const path = join(await tempFolder(), 'pebble.json')
  const pebble = {
    listenAddress: `127.0.0.1:${ports.port}`,
    managementListenAddress: `127.0.0.1:${ports.management}`,
    certificate: certFile,
    privateKey: keyFile,
    httpPort: ports.httpPort,
    tlsPort: ports.httpsPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
    // With a number, pebble writes Retry-After now in seconds and now as a date, and Caddy 2.6 reads no dates.
    retryAfter: { authz: 0, order: 0 },
    keyAlgorithm: 'ecdsa',
    profiles: { default: { description: 'of the tests', validityPeriod: 7_776_000 } },
  }
  await writeFile(path, JSON.stringify({ pebble }))
  return path
}

function fetchText(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ca, agent: false, timeout: 5_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => (text += more))
      response.once('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${response.statusCode} ${text}`)),
      )
    }).once('error', reject)
  })
}

async function issued(name: string, port: number, rootFile: string): Promise<void> {
  const ca = await readFile(rootFile)
  const tries = () =>
    new Promise<string | null>((resolve) => {
      const socket = connect({ ...loopback(port), servername: name, ca, timeout: 5_000 }, () => (socket.destroy(), resolve(null)))
      socket.once('error', (error) => resolve(error.message)).once('timeout', () => socket.destroy(new Error('no answer')))
    })
  for (const end = Date.now() + 20_000; ; await sleep(100)) {
    const trouble = await tries()
    if (trouble === null) return
    if (Date.now() > end) throw new Error(`no certificate for ${name} on ${port}: ${trouble}`)
  }
}
