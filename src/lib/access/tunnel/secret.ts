import type { Config } from '../../config/schema.ts'
import { DEV_SECRET, isDevBroker } from '../../protocol/broker-api.ts'

/** What the broker in use is shown: the one that was set (environment before file), else the well-known one of brokers that are only for trying; null where there is none. Pure. */
export function registrationSecret({ tunnel }: Config): { value: string; own: boolean } | null {
  if (tunnel.registrationSecret !== undefined) return { value: tunnel.registrationSecret, own: true }
  return isDevBroker(tunnel.brokerUrl) ? { value: DEV_SECRET, own: false } : null
}
