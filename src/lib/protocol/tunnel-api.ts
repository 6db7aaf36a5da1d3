import type { ErrorInfo } from '../errors/error.ts'

/** What a running tunnel is at, besides the state that every way in has. Times are ISO; what does not apply is null. */
export interface TunnelRun {
  /** It proved itself through its public address since it was started. */
  proven: boolean
  subdomain: string | null
  frpcPid: number | null
  lastHeartbeatAt: string | null
  startProgress: {
    phase: 'preparing_frpc' | 'registering' | 'starting_frpc' | 'reconnecting_frpc' | 'verifying'
    startedAt: string
  } | null
  frpcDownload: { phase: string; bytesReceived: number; totalBytes: number | null } | null
  leaseExpiresAt: string | null
}

/** GET /api/tunnel/status: the public tunnel. Times are ISO; what does not apply is null. */
export interface TunnelStatus extends Omit<TunnelRun, 'proven'> {
  /** `tunnel.enabled` of the configuration. */
  enabled: boolean
  state: 'disconnected' | 'connecting' | 'connected' | 'reconnecting' | 'error'
  publicUrl: string | null
  connectedSince: string | null
  lastError: ErrorInfo | null
  config: { autoStart: boolean; brokerUrl: string }
  consentRequired: boolean
  consent: { currentVersion: string; acceptedVersion: string | null; acceptedAt: string | null; valid: boolean }
  /** A valid consent and an earlier success. */
  canAutoStart: boolean
  registrationSecret: { configured: boolean; source: 'env' | 'config' | 'dev' | 'none' }
  closesAt: string | null
}
