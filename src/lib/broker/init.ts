import { frpsToml } from '../binaries/frps-config.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { createExclusive, look } from '../system/files.ts'
import { ensurePrivateDir } from '../system/folders.ts'
import { makeCertificate } from './certificate.ts'
import { newFrpsSecrets } from './dev.ts'
import { brokerErrors } from './errors.ts'
import { brokerFolder } from './folder.ts'
import { caddyfile, caddyUnit } from './set/caddyfile.ts'
import { backupText, dnsText } from './set/texts.ts'
import { brokerUnit } from './set/unit.ts'
import type { SettingsFile } from './settings-file.ts'

/** For what a set is. */
export interface InitOptions {
  domain: string
  dir: string
  /** The words that run xopc. */
  program: readonly string[]
  /** Path of frps. */
  frps: string
  /** Milliseconds since the epoch. */
  now: number
}

/** A file of the set, and what it is for. */
export interface SetFile {
  path: string
  about: string
}

/** Ports of a fresh set; all but the one of the tunnels are of loopback. */
const ports = { api: 7100, plugin: 7101, web: 7102, tunnels: 7000, vhost: 7080 }

const abouts = {
  'broker.json': 'the broker’s settings',
  'frps.toml': 'what frps is run with: keep it secret',
  'frps-cert.pem': 'the certificate of frps, good for 10 years; gateways are told it',
  'frps-key.pem': 'its key: keep it secret',
  Caddyfile: 'for the Caddy in front',
  'caddy-xopc-broker.conf': 'what Caddy’s own unit needs besides',
  'xopc-broker.service': 'the systemd unit of the broker',
  'DNS.txt': 'the records that the domain needs, and the ports to open',
  'BACKUP.md': 'what to keep, and how',
} as const

/** What `initSet` writes. Pure. */
export function planSet(dir: string): SetFile[] {
  return Object.entries(abouts).map(([name, about]) => ({ path: `${dir}/${name}`, about }))
}

/** Takes a domain as it is typed. Throws `BROKER_DOMAIN_INVALID`. */
export function domainIn(text: string): string {
  const domain = text.trim().toLowerCase().replace(/\.$/, '')
  const isName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(domain)
  if (!isName || domain.length > 200) throw brokerErrors.BROKER_DOMAIN_INVALID({ domain: cleanText(text, 100) })
  return domain
}

/** Throws `BROKER_ALREADY_SET_UP` where a file of the set is there already. */
export async function requireEmpty(dir: string): Promise<void> {
  for (const { path } of planSet(dir)) if ((await look(path)) !== null) throw brokerErrors.BROKER_ALREADY_SET_UP({ path })
}

/** Writes the set for a public host; nothing is overwritten. Throws `BROKER_ALREADY_SET_UP`, `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export async function initSet(options: InitOptions): Promise<SetFile[]> {
  const { dir } = options
  await ensurePrivateDir(dir)
  await requireEmpty(dir)
  const texts = await textsOf(options)
  for (const { path } of planSet(dir)) {
    const name = path.slice(dir.length + 1)
    if (!(await createExclusive(path, texts[name] ?? ''))) throw brokerErrors.BROKER_ALREADY_SET_UP({ path })
  }
  return planSet(dir)
}

async function textsOf({ domain, dir, program, frps, now }: InitOptions): Promise<Record<string, string>> {
  const folder = brokerFolder(dir)
  const { certificate, key } = await makeCertificate([domain], now)
  const settings: SettingsFile = {
    domain,
    brokerUrl: `https://${domain}/api`,
    publicUrl: `https://{name}.${domain}`,
    api: { host: '127.0.0.1', port: ports.api },
    tunnelAddress: domain,
    heartbeatSeconds: 20,
  }
  return {
    'broker.json': `${JSON.stringify(settings, null, 2)}\n`,
    'frps.toml': frpsToml({
      bindAddr: '0.0.0.0',
      bindPort: ports.tunnels,
      vhostPort: ports.vhost,
      subdomainHost: domain,
      certFile: folder.certificate,
      keyFile: folder.key,
      ...newFrpsSecrets(ports),
    }),
    'frps-cert.pem': certificate,
    'frps-key.pem': key,
    Caddyfile: caddyfile({ domain, apiPort: ports.api, vhostPort: ports.vhost }),
    'caddy-xopc-broker.conf': caddyUnit(),
    'xopc-broker.service': brokerUnit({ dir, program, frps }),
    'DNS.txt': dnsText({ domain, tunnelPort: ports.tunnels }),
    'BACKUP.md': backupText({ dir }),
  } satisfies Record<keyof typeof abouts, string>
}
