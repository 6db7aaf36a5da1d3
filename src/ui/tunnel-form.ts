import type { TunnelStatus } from '../lib/protocol/tunnel-api.ts'

/** What stands in the fields. */
export interface Typed {
  /** Empty for no other one than before. */
  secret: string
  broker: string
  name: string
}

/** What is saved so far. */
export interface Saved extends Pick<Typed, 'broker' | 'name'> {
  source: TunnelStatus['registrationSecret']['source']
}

/** Whether a stored secret is of another broker than the typed one. Pure. */
export function isMoving({ broker }: Pick<Typed, 'broker'>, before: Pick<Saved, 'broker' | 'source'>): boolean {
  return before.source === 'config' && originOf(broker) !== originOf(before.broker)
}

/** The change by config path: what is as before is not in it, and with another broker the stored secret is replaced or forgotten. Pure. */
export function typedPatch(typed: Typed, before: Saved): Record<string, unknown> {
  const { secret, broker, name } = { secret: typed.secret.trim(), broker: typed.broker.trim(), name: typed.name.trim() }
  return {
    ...(secret !== ''
      ? { 'tunnel.registrationSecret': secret }
      : isMoving({ broker }, before)
        ? { 'tunnel.registrationSecret': null }
        : {}),
    ...(broker === before.broker ? {} : { 'tunnel.brokerUrl': broker === '' ? null : broker }),
    ...(name === before.name ? {} : { 'tunnel.subdomain': name === '' ? null : name }),
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url
}
