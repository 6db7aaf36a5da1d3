import type { Config } from '../../config/schema.ts'
import { DEV_SECRET, isDevBroker } from '../../protocol/broker-api.ts'
import type { Astray } from '../access-method.ts'
import type { State } from '../../state/store.ts'
import { readTunnel } from '../../state/tunnel.ts'
import { FIRST_BROKER, isBrokerHere } from './config.ts'

/** What the broker in use is shown: the one that was set (environment before file), else the well-known one of brokers that are only for trying; null where there is none. Pure. */
export function registrationSecret({ tunnel }: Config): { value: string; own: boolean } | null {
  if (tunnel.registrationSecret !== undefined) return { value: tunnel.registrationSecret, own: true }
  return isDevBroker(tunnel.brokerUrl) ? { value: DEV_SECRET, own: false } : null
}

/**
 * The secret that a start would show to another broker than it was given for, also where the environment gives it; null where it may go. One that
 * came before any broker was named is for the one that is named now. Throws what reading the lease throws.
 */
export async function wrongReceiver({ tunnel }: Config, next: Config, state: State): Promise<Astray | null> {
  const { brokerUrl } = next.tunnel
  if (tunnel.registrationSecret === undefined || isSame(brokerUrl, tunnel.brokerUrl)) return null
  const known = isSame(tunnel.brokerUrl, FIRST_BROKER) || isBrokerHere(tunnel.brokerUrl) ? await lastBroker(state) : tunnel.brokerUrl
  if (known === null || isSame(brokerUrl, known)) return null
  return { key: 'tunnel.brokerUrl', secret: 'tunnel.registrationSecret' }
}

/** Who gave the last lease. */
async function lastBroker(state: State): Promise<string | null> {
  const lease = await readTunnel(state)
  return lease === null || isBrokerHere(lease.brokerUrl) ? null : lease.brokerUrl
}

function isSame(one: string, other: string): boolean {
  return new URL(one).origin === new URL(other).origin
}
