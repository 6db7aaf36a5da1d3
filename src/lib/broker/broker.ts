import { type Frps, frpsArgs, isFrpsReady } from '../binaries/frps.ts'
import type { FrpsSettings } from '../binaries/frps-config.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { answerApi, type ApiParts } from './api.ts'
import { openApiServer } from './api-server.ts'
import { brokerErrors } from './errors.ts'
import { createLeaseBook } from './leases.ts'
import { createCounter } from './limits.ts'
import { openPassage } from './passage.ts'
import { judgeOperation } from './plugin.ts'
import { openPluginServer } from './plugin-server.ts'
import { createSessions } from './sessions.ts'
import type { BrokerSettings } from './settings.ts'
import type { Store } from './store/sqlite.ts'
import { keepHouse } from './upkeep.ts'

/** A broker that runs. */
export interface Broker {
  readonly brokerUrl: string
  readonly publicUrlPattern: string
  readonly ports: { api: number; links: number }
  close(): Promise<void>
}

/** What a broker is made of. */
export interface BrokerParts {
  settings: BrokerSettings
  store: Store
  frps: { program: Frps; configPath: string; settings: FrpsSettings }
  supervisor: Supervisor
  clock: Clock
  log: Log
  audit: Audit
  /** Where the log is, for what a person is told. */
  logPath: string
}

/** Starts frps and everything that gateways ask. Throws `BROKER_PORT_TAKEN`, `BROKER_FRPS_FAILED`; then nothing of it is left. */
export async function startBroker(parts: BrokerParts): Promise<Broker> {
  const { settings, store, clock, log } = parts
  const ends: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
  }
  const { limits } = settings
  const counter = (rule: { max: number; windowMs: number }) => createCounter({ rule, clock })
  const counters = {
    address: counter(limits.registrationsOfAddress),
    key: counter(limits.registrationsOfKey),
    failures: counter(limits.failuresOfAddress),
  }
  const book = createLeaseBook({ store, clock })
  try {
    const target = parts.frps.settings.bindPort
    const passage = await openPassage({ ...settings.links, target, perSource: limits.linksOfAddress, clock })
    ends.push(passage.close)
    const sessions = createSessions({ passage, clock })
    const pluginParts = { book, sessions, failures: counter(limits.failuresOfAddress), clock }
    const plugin = await openPluginServer({
      ...parts.frps.settings.plugin,
      log,
      judge: async (op, content) => await judgeOperation(op, content, pluginParts),
    })
    ends.push(plugin.close)
    const ports = { api: 0, links: passage.port }
    const apiParts: ApiParts = { ...parts, book, sessions, counters, ports: () => ports }
    const api = await openApiServer({ ...settings.api, log, answer: async (req, path) => await answerApi(req, path, apiParts) })
    ends.push(api.close)
    ports.api = api.port
    ends.push(keepHouse({ ...parts, book, sessions }))
    const child = startFrps(parts, () => sessions.forget())
    ends.push(async () => await child.stop())
    await child.ready().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw brokerErrors.BROKER_FRPS_FAILED({ reason, log: parts.logPath }, { cause: error })
    })
    return { brokerUrl: settings.brokerUrl(api.port, undefined), publicUrlPattern: settings.publicUrlPattern, ports, close }
  } catch (error) {
    await close()
    throw error
  }
}

function startFrps({ frps, supervisor, log }: BrokerParts, restarted: () => void) {
  return supervisor.start({
    name: 'frps',
    command: frps.program.program,
    args: frpsArgs(frps.configPath),
    ready: isFrpsReady,
    onLine(line) {
      if (isFrpsReady(line)) restarted()
      log.debug('frps', { line })
    },
  })
}
