import type { Config } from '../config/schema.ts'
import type { TunnelStatus } from '../protocol/tunnel-api.ts'

/** The text that a consent to the public tunnel is about (contract 2). */
const CONSENT_VERSION = '2026-11'

/** The public tunnel as phones ask for it; `disconnected`, because nothing in this version starts one. Pure. */
export function tunnelStatus({ tunnel }: Config, secretFromEnvironment: boolean): TunnelStatus {
  const valid = tunnel.consent?.version === CONSENT_VERSION
  const configured = tunnel.registrationSecret !== undefined
  return {
    enabled: tunnel.enabled,
    state: 'disconnected',
    subdomain: tunnel.subdomain ?? null,
    publicUrl: null,
    connectedSince: null,
    frpcPid: null,
    lastHeartbeatAt: null,
    lastError: null,
    startProgress: null,
    frpcDownload: null,
    config: { autoStart: tunnel.autoStart, brokerUrl: tunnel.brokerUrl },
    consentRequired: !valid,
    consent: {
      currentVersion: CONSENT_VERSION,
      acceptedVersion: tunnel.consent?.version ?? null,
      acceptedAt: tunnel.consent?.acceptedAt ?? null,
      valid,
    },
    // An earlier success is needed besides, and no version has had one.
    canAutoStart: false,
    registrationSecret: { configured, source: configured ? (secretFromEnvironment ? 'env' : 'config') : 'none' },
    leaseExpiresAt: null,
    closesAt: null,
  }
}
