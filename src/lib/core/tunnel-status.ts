import type { Config } from '../config/schema.ts'
import { isDevBroker } from '../protocol/broker-api.ts'
import { tunnelConsent } from '../protocol/consent.ts'
import type { AccessState } from '../protocol/http-api.ts'
import type { TunnelRun, TunnelStatus } from '../protocol/tunnel-api.ts'
import type { SavedTunnel } from '../state/tunnel.ts'

/** What the status is made of. */
export interface TunnelSight {
  config: Config
  /** The variable that the registration secret comes from; null where none does. */
  secretOrigin: string | null
  /** The lease of last time. */
  saved: SavedTunnel | null
  state: AccessState
  /** Of a gateway that runs. */
  run: TunnelRun | null
  closesAt: string | null
}

const words: Record<AccessState['phase'], TunnelStatus['state']> = {
  off: 'disconnected',
  starting: 'connecting',
  blocked: 'error',
  on: 'connected',
  degraded: 'reconnecting',
  failed: 'error',
}

/** The public tunnel as phones and scripts know it. Pure. */
export function tunnelStatus({ config: { tunnel }, secretOrigin, saved, state, run, closesAt }: TunnelSight): TunnelStatus {
  const valid = tunnel.consent?.version === tunnelConsent.version
  const secret = sourceOf(tunnel, secretOrigin)
  const { proven, ...running } = run ?? idle
  // Nobody is told that it is connected before it was visited through its public address.
  const isProven = proven || (state.phase === 'on' && state.verified !== null)
  return {
    ...running,
    enabled: tunnel.enabled,
    state: state.phase === 'on' && !isProven ? 'connecting' : words[state.phase],
    subdomain: running.subdomain ?? saved?.subdomain ?? tunnel.subdomain ?? null,
    publicUrl: 'urls' in state ? (state.urls[0] ?? null) : null,
    connectedSince: state.phase === 'on' && isProven ? state.since : null,
    lastError: state.phase === 'blocked' ? state.needs : 'error' in state ? state.error : null,
    config: { autoStart: tunnel.autoStart, brokerUrl: tunnel.brokerUrl },
    consentRequired: !valid,
    consent: {
      currentVersion: tunnelConsent.version,
      acceptedVersion: tunnel.consent?.version ?? null,
      acceptedAt: tunnel.consent?.acceptedAt ?? null,
      valid,
    },
    canAutoStart: valid && saved !== null && saved.succeededAt !== null,
    registrationSecret: { configured: secret !== 'none', source: secret },
    closesAt,
  }
}

const idle: TunnelRun = {
  proven: false,
  subdomain: null,
  frpcPid: null,
  lastHeartbeatAt: null,
  startProgress: null,
  frpcDownload: null,
  leaseExpiresAt: null,
}

function sourceOf(
  { registrationSecret, brokerUrl }: Config['tunnel'],
  origin: string | null,
): TunnelStatus['registrationSecret']['source'] {
  if (registrationSecret !== undefined) return origin === null ? 'config' : 'env'
  return isDevBroker(brokerUrl) ? 'dev' : 'none'
}
