import { type Frps, frpsArgs, isFrpsReady } from '../binaries/frps.ts'
import type { FrpsSettings } from '../binaries/frps-config.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { answerApi } from './api.ts'
import type { ApiParts } from './api-parts.ts'
import { openApiServer } from './api-server.ts'
import { brokerErrors } from './errors.ts'
import { connectionsOf } from './frps-web.ts'
import { createHoldouts } from './holdouts.ts'
import { createLeaseBook } from './leases.ts'
import { createCounter } from './limits.ts'
import { judgeOperation } from './plugin.ts'
import { openPluginServer } from './plugin-server.ts'
import { createSessions } from './sessions.ts'
import { answerOwn } from './own-requests.ts'
import type { BrokerSettings } from './settings.ts'
import type { Store } from './store/sqlite.ts'
import { createTally } from './tally.ts'
import { keepHouse } from './upkeep.ts'

/** A broker that runs. */
export interface Broker {
  readonly brokerUrl: string
  readonly publicUrlPattern: string
  /** Ends all of it. Throws `BROKER_NOT_SAVED`. */
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
    const end = ends.pop()
    if (end === undefined) return
    // What could not be saved is told, and keeps nothing else from ending.
    try {
      await end()
    } finally {
      await close()
    }
  }
  const { limits } = settings
  const counter = (rule: { max: number; windowMs: number }) => createCounter({ rule, clock })
  const counters = {
    address: counter(limits.registrationsOfAddress),
    key: counter(limits.registrationsOfKey),
    failures: counter(limits.failuresOfAddress),
    probes: counter(limits.probesOfTunnel),
    refusals: counter({ max: 1, windowMs: 60_000 }),
  }
  const tally = createTally()
  const book = createLeaseBook({ store, clock })
  const frps = parts.frps.settings
  const sessions = createSessions({ clock, silentMs: frps.heartbeatTimeout * 1000 })
  try {
    const pluginParts = { book, sessions, failures: counter(limits.failuresOfAddress), clock, audit: parts.audit }
    const plugin = await openPluginServer({
      ...frps.plugin,
      log,
      async judge(op, content) {
        const verdict = await judgeOperation(op, content, pluginParts)
        tally.add(
          'xopc_broker_frps_questions_total',
          `op="${KNOWN_OPS.includes(op) ? op : 'other'}",outcome="${verdict.reject ? wordOf(verdict.reject_reason) : 'accepted'}"`,
        )
        return verdict
      },
    })
    ends.push(plugin.close)
    const at = { port: 0 }
    const apiParts: ApiParts = { ...parts, book, counters, port: () => at.port }
    const ownParts = { settings, book, sessions, tally, clock }
    const api = await openApiServer({
      ...settings.api,
      log,
      async answer(req, path) {
        const reply = answerOwn(req, path, ownParts) ?? (await answerApi(req, path, apiParts))
        tally.add('xopc_broker_requests_total', `status="${reply?.status ?? 404}"`)
        return reply
      },
    })
    ends.push(api.close)
    at.port = api.port
    const child = startFrps(parts, () => {
      sessions.forget()
      holdouts.forget()
    })
    const holdouts = createHoldouts({
      ...parts,
      book,
      sessions,
      connectionsOf: async (proxyName) => await connectionsOf(proxyName, frps.web),
      restartFrps: () => child.restart(),
    })
    ends.push(async () => await child.stop(), keepHouse({ ...parts, book, sessions, holdouts }))
    await child.ready().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw brokerErrors.BROKER_FRPS_FAILED({ reason, log: parts.logPath }, { cause: error })
    })
    return { brokerUrl: settings.brokerUrl(api.port, undefined), publicUrlPattern: settings.publicUrlPattern, close }
  } catch (error) {
    await close()
    throw error
  }
}

const KNOWN_OPS = ['Login', 'NewProxy', 'CloseProxy', 'Ping']

/** `xopc:auth …` */
function wordOf(reason: string): string {
  return /^xopc:(\w+)/.exec(reason)?.[1] ?? 'refused'
}

function startFrps({ frps, supervisor, log }: BrokerParts, ended: () => void) {
  return supervisor.start({
    name: 'frps',
    command: frps.program.program,
    args: frpsArgs(frps.configPath),
    ready: isFrpsReady,
    onLine: (line) => log.debug('frps', { line }),
    onEnd: ended,
  })
}
