import { createServer } from 'node:net'
import { join } from 'node:path'
import { answerApi } from '../../../src/lib/broker/api.ts'
import type { ApiParts } from '../../../src/lib/broker/api-parts.ts'
import { openApiServer } from '../../../src/lib/broker/api-server.ts'
import { createLeaseBook, type LeaseBook } from '../../../src/lib/broker/leases.ts'
import { createCounter, type Rule } from '../../../src/lib/broker/limits.ts'
import { createKey } from '../../../src/lib/broker/manage.ts'
import { answerOwn } from '../../../src/lib/broker/own-requests.ts'
import { type BrokerSettings, publicLimits } from '../../../src/lib/broker/settings.ts'
import { openStore, type Store } from '../../../src/lib/broker/store/sqlite.ts'
import { createTally } from '../../../src/lib/broker/tally.ts'
import type { Clock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { type TestGateway, testGateway } from '../../e2e/broker/gateway.ts'

/** The API of a broker without its frps, and a clock that only tests move. */
export interface ApiHouse {
  readonly url: string
  readonly origin: string
  readonly store: Store
  readonly book: LeaseBook
  readonly secret: string
  readonly clock: Clock & { time: number }
  readonly audit: string[]
  /** A new gateway, whose clock is the broker's. */
  gateway(): TestGateway
  key(options?: { maxLeases?: number }): { id: string; secret: string }
}

/** Opens one on a free port with the limits of a public host, or others. */
export async function openHouse(
  limits: Partial<BrokerSettings['limits']> = {},
  settings: Partial<BrokerSettings> = {},
  dir?: string,
): Promise<ApiHouse> {
  const store = await openStore(join(dir ?? (await tempFolder()), 'broker.db'))
  const clock = { time: Date.now(), now: () => clock.time, sleep: () => new Promise<void>(() => {}) }
  const book = createLeaseBook({ store, clock })
  const all: BrokerSettings = {
    api: { host: '127.0.0.1', port: 0 },
    brokerUrl: (port) => `http://127.0.0.1:${port}/api`,
    audiences: () => [],
    frp: { serverAddr: 'frp.test', serverPort: 7000 },
    subdomainHost: 'frp.test',
    publicScheme: 'https',
    publicUrl: (name) => `https://${name}.frp.test`,
    publicUrlPattern: '',
    heartbeatIntervalMs: 20_000,
    caPem: 'PEM',
    limits: { ...publicLimits, ...limits },
    ...settings,
  }
  const counter = (rule: Rule) => createCounter({ rule, clock })
  const { registrationsOfAddress, registrationsOfKey, failuresOfAddress, probesOfTunnel } = all.limits
  const counters = {
    address: counter(registrationsOfAddress),
    key: counter(registrationsOfKey),
    failures: counter(failuresOfAddress),
    probes: counter(probesOfTunnel),
    refusals: counter({ max: 1, windowMs: 60_000 }),
  }
  const audit: string[] = []
  const at = { port: 0 }
  const write = (event: string, fields?: object) => void audit.push(JSON.stringify({ event, ...fields }))
  const parts: ApiParts = { settings: all, store, book, counters, clock, audit: { write }, port: () => at.port }
  const own = { settings: all, book, sessions: { count: () => 0 }, tally: createTally(), clock }
  const server = await openApiServer({
    ...all.api,
    log: silentLog,
    answer: async (req, path) => answerOwn(req, path, own) ?? (await answerApi(req, path, parts)),
  })
  at.port = server.port
  atEnd(async () => {
    await server.close()
    store.close()
  })
  const url = `http://127.0.0.1:${server.port}/api`
  const key: ApiHouse['key'] = ({ maxLeases = 100 } = {}) =>
    createKey({ ...store, audit: { write } }, { name: '', maxLeases, now: clock.now() })
  const { secret } = key()
  return {
    url,
    origin: new URL(url).origin,
    store,
    book,
    secret,
    clock,
    audit,
    key,
    gateway: () => testGateway(url, { secret, now: clock.now }),
  }
}

/** A port where nothing listens. */
export async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof at === 'object' && at !== null ? at.port : 0
}
