import { join } from 'node:path'

/** The places in a broker's folder. */
export interface BrokerFolder {
  dir: string
  settings: string
  frps: string
  certificate: string
  key: string
  /** Ports of `--dev`, kept from one run to the next. */
  ports: string
  store: string
  log: string
  audit: string
  /** What it started. */
  children: string
  /** Held by the one that runs. */
  lock: string
}

/** Pure. */
export function brokerFolder(dir: string): BrokerFolder {
  return {
    dir,
    settings: join(dir, 'broker.json'),
    frps: join(dir, 'frps.toml'),
    certificate: join(dir, 'frps-cert.pem'),
    key: join(dir, 'frps-key.pem'),
    ports: join(dir, 'ports.json'),
    store: join(dir, 'broker.db'),
    log: join(dir, 'broker.log'),
    audit: join(dir, 'audit.log'),
    children: join(dir, 'children.json'),
    lock: join(dir, 'broker'),
  }
}
