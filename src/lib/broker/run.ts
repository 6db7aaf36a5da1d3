import { findFrps } from '../binaries/frps.ts'
import type { FrpsSettings } from '../binaries/frps-config.ts'
import { createSupervisor } from '../supervisor/supervisor.ts'
import { createAudit } from '../system/audit.ts'
import { type Clock, systemClock } from '../system/clock.ts'
import { withFileLock } from '../system/file-lock.ts'
import { ensurePrivateDir } from '../system/folders.ts'
import { createLog, logLevelOf } from '../system/log.ts'
import { statePaths } from '../system/paths.ts'
import { type Broker, startBroker } from './broker.ts'
import { allowDevSecret, prepareDev } from './dev.ts'
import { brokerErrors } from './errors.ts'
import type { BrokerFolder } from './folder.ts'
import { preparePublic } from './public.ts'
import type { BrokerSettings } from './settings.ts'
import { openStore } from './store/sqlite.ts'

/** How a broker of a folder is run. */
export interface RunOptions {
  dev: boolean
  /** Of the API, with `dev`. */
  port: number
  env: NodeJS.ProcessEnv
}

/** Runs the broker of a folder while `whileUp` lasts. Throws `BROKER_ALREADY_RUNNING`, `BROKER_NOT_SET_UP`, `BROKER_NOT_SAVED`, and what its parts throw. */
export async function runBrokerIn(folder: BrokerFolder, options: RunOptions, whileUp: (broker: Broker) => Promise<void>): Promise<void> {
  const program = await findFrps(options.env)
  await ensurePrivateDir(folder.dir)
  const busy = (pid: number | 'unknown') => brokerErrors.BROKER_ALREADY_RUNNING({ folder: folder.dir, pid })
  const work = async (): Promise<void> => {
    const clock = systemClock
    const level = logLevelOf(options.env) ?? 'info'
    const log = createLog({ path: folder.log, clock, level })
    const audit = createAudit({ path: folder.audit, clock })
    const paths = { ...statePaths(options.env), children: folder.children }
    const supervisor = createSupervisor({ state: { paths }, clock, log })
    await supervisor.reapOrphans()
    const store = await openStore(folder.store)
    try {
      const { settings, frps } = await prepared(folder, options, clock)
      if (options.dev) allowDevSecret(store, clock.now())
      const parts = { settings, store, supervisor, clock, log, audit, logPath: folder.log }
      const broker = await startBroker({ ...parts, frps: { program, configPath: folder.frps, settings: frps } })
      log.info('the broker runs', { url: broker.brokerUrl, frps: program.version })
      try {
        await whileUp(broker)
      } finally {
        await broker.close()
      }
    } finally {
      store.close()
      audit.close()
      log.close()
    }
  }
  await withFileLock(folder.lock, work, { waitMs: 0, busy })
}

async function prepared(
  folder: BrokerFolder,
  { dev, port }: RunOptions,
  clock: Clock,
): Promise<{ settings: BrokerSettings; frps: FrpsSettings }> {
  return dev ? await prepareDev(folder, port, clock) : await preparePublic(folder)
}
