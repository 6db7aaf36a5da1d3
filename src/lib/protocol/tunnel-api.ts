import type { ErrorInfo } from '../errors/error.ts'

/** GET /api/tunnel/status: the public tunnel. Times are ISO; what does not apply is null. */
export interface TunnelStatus {
  /** `tunnel.enabled` of the configuration. */
  enabled: boolean
  state: 'disconnected' | 'connecting' | 'connected' | 'reconnecting' | 'error'
  subdomain: string | null
  publicUrl: string | null
  connectedSince: string | null
  frpcPid: number | null
  lastHeartbeatAt: string | null
  lastError: ErrorInfo | null
  startProgress: {
    phase: 'preparing_frpc' | 'registering' | 'starting_frpc' | 'reconnecting_frpc' | 'verifying'
    startedAt: string
  } | null
  frpcDownload: { phase: string; bytesReceived: number; totalBytes: number | null } | null
  config: { autoStart: boolean; brokerUrl: string }
  consentRequired: boolean
  consent: { currentVersion: string; acceptedVersion: string | null; acceptedAt: string | null; valid: boolean }
  /** A valid consent and an earlier success. */
  canAutoStart: boolean
  registrationSecret: { configured: boolean; source: 'env' | 'config' | 'dev' | 'none' }
  leaseExpiresAt: string | null
  closesAt: string | null
}
