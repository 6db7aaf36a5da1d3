import { join } from 'node:path'
import type { Broker } from '../lib/broker/broker.ts'
import type { BrokerFolder } from '../lib/broker/folder.ts'
import { endSignal, untilAborted } from './until-ended.ts'

/** Which broker runs, and who is told. */
export interface RunBrokerOptions {
  /** A broker for trying, on loopback. */
  dev: boolean
  /** Its folder; null: the one in the state folder. */
  dir: string | null
  /** Of the API, with `dev`. */
  port: number
  env: NodeJS.ProcessEnv
  /** Told once gateways can come. */
  ready(broker: Broker): void
}

/** The folder that a command means. Throws `NO_HOME`. */
export async function brokerFolderOf({ dev, dir, env }: Pick<RunBrokerOptions, 'dev' | 'dir' | 'env'>): Promise<BrokerFolder> {
  const [{ brokerFolder }, { statePaths }] = await Promise.all([import('../lib/broker/folder.ts'), import('../lib/system/paths.ts')])
  return brokerFolder(dir ?? join(statePaths(env).dir, dev ? 'broker-dev' : 'broker'))
}

/** Runs a broker until a signal comes. Throws what starting it throws. */
export async function runBroker(options: RunBrokerOptions): Promise<void> {
  const ended = endSignal()
  const [folder, { runBrokerIn }] = await Promise.all([brokerFolderOf(options), import('../lib/broker/run.ts')])
  await runBrokerIn(folder, options, async (broker) => {
    if (!ended.aborted) options.ready(broker)
    await untilAborted(ended)
  })
}
