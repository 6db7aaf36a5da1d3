import { randomBytes } from 'node:crypto'
import { type FrpsSettings, frpsToml } from '../binaries/frps-config.ts'
import { DEV_SECRET, isDevBroker } from '../protocol/broker-api.ts'
import type { Clock } from '../system/clock.ts'
import { readText, writeAtomic } from '../system/files.ts'
import { makeCertificate } from './certificate.ts'
import type { BrokerFolder } from './folder.ts'
import { keptPorts } from './free-ports.ts'
import { hashOf } from './secrets.ts'
import type { BrokerSettings } from './settings.ts'
import type { Store } from './store/sqlite.ts'

const HOST = '127.0.0.1'
const DEV_KEY = 'dev'
/** Somebody who tries things, and tests, register often; nobody else comes in. */
const often = { max: 100_000, windowMs: 60_000 }

/**
 * Writes the set of `--dev` and gives its settings. Ports are those of the last time where they are free, so that what is registered stays where it
 * is. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`.
 */
export async function prepareDev(
  folder: BrokerFolder,
  port: number,
  clock: Clock,
): Promise<{ settings: BrokerSettings; frps: FrpsSettings }> {
  const caPem = await ownCertificate(folder, clock.now())
  const { bindPort, vhostPort, pluginPort, webPort } = await keptPorts(
    folder.ports,
    ['bindPort', 'vhostPort', 'pluginPort', 'webPort'],
    clock,
  )
  const frps: FrpsSettings = {
    bindAddr: HOST,
    bindPort,
    vhostPort,
    subdomainHost: 'localhost',
    certFile: folder.certificate,
    keyFile: folder.key,
    ...newFrpsSecrets({ plugin: pluginPort, web: webPort }),
  }
  await writeAtomic(folder.frps, frpsToml(frps))
  const publicUrl = (subdomain: string): string => `http://${subdomain}.localhost:${vhostPort}`
  const settings: BrokerSettings = {
    api: { host: HOST, port },
    // A client takes only the origin that it dialled, which may be any name of loopback, and another port behind a forward.
    brokerUrl: (actual, host) => `http://${isLoopbackAuthority(host) ? host : `${HOST}:${actual}`}/api`,
    audiences: (actual) => [HOST, 'localhost', '[::1]'].map((name) => `http://${name}:${actual}/api`),
    frp: { serverAddr: HOST, serverPort: bindPort },
    subdomainHost: 'localhost',
    publicScheme: 'http',
    publicUrl,
    publicUrlPattern: publicUrl('<name>'),
    heartbeatIntervalMs: 5000,
    caPem,
    limits: { registrationsOfAddress: often, registrationsOfKey: often, failuresOfAddress: often, probesOfTunnel: often },
  }
  return { frps, settings }
}

/** Lets the secret in that everybody knows; only a broker on loopback may. */
export function allowDevSecret(store: Store, now: number): void {
  const secretHash = hashOf(DEV_SECRET)
  const key = store.keys.bySecret(secretHash)
  if (key === null) store.keys.add({ id: DEV_KEY, name: 'for trying', secretHash, maxLeases: 100_000, createdAt: now, revokedAt: null })
  else store.keys.restore(key.id)
}

/** How frps and the broker find each other, by words that nobody guesses; and for how long frps keeps who sends no pings that count. */
export function newFrpsSecrets(ports: { plugin: number; web: number }): Pick<FrpsSettings, 'heartbeatTimeout' | 'plugin' | 'web'> {
  const [path, user, password] = [0, 1, 2].map(() => randomBytes(24).toString('hex'))
  return {
    heartbeatTimeout: 20,
    plugin: { port: ports.plugin, path: `/${path}` },
    web: { port: ports.web, user: `${user}`, password: `${password}` },
  }
}

async function ownCertificate(folder: BrokerFolder, now: number): Promise<string> {
  const [kept, key] = await Promise.all([readText(folder.certificate), readText(folder.key)])
  if (kept !== null && key !== null) return kept
  const made = await makeCertificate([HOST, '::1', 'localhost'], now)
  await writeAtomic(folder.key, made.key)
  await writeAtomic(folder.certificate, made.certificate)
  return made.certificate
}

function isLoopbackAuthority(host: string | undefined): host is string {
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) && isDevBroker(`http://${host}`) && !host.endsWith('.local')
}
