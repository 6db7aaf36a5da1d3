import type { Broker } from '../lib/broker/broker.ts'
import type { BrokerFolder } from '../lib/broker/folder.ts'
import { endSignal, untilAborted } from './until-ended.ts'

/** Which broker runs, and who is told. */
export interface RunBrokerOptions {
  folder: BrokerFolder
  /** A broker for trying, on loopback. */
  dev: boolean
  /** Of the API, with `dev`. */
  port: number
  env: NodeJS.ProcessEnv
  /** Told once gateways can come. */
  ready(broker: Broker): void
}

/** Runs a broker until a signal comes. Throws what starting it throws. */
export async function runBroker(options: RunBrokerOptions): Promise<void> {
  const ended = endSignal()
  const { runBrokerIn } = await import('../lib/broker/run.ts')
  await runBrokerIn(options.folder, options, async (broker) => {
    if (!ended.aborted) options.ready(broker)
    await untilAborted(ended)
  })
}
