import { z } from 'zod'
import type { Device, Joined, PairContext, PairingCode } from '../../protocol/pairing-api.ts'
import type { TunnelStatus } from '../../protocol/tunnel-api.ts'
import { errorInfo, ingressId } from './replies.ts'

// As in replies.ts: the types are the truth, and `satisfies` holds these equal.

const scopes = z.array(z.enum(['read', 'run', 'pair', 'admin']))

/** Something that joined by a pairing code. */
export const device = z.object({
  id: z.string(),
  name: z.string(),
  platform: z.string().nullable(),
  kind: z.enum(['app', 'browser']),
  scopes,
  baseUrl: z.string().nullable(),
  pairedAt: z.string(),
  lastSeenAt: z.string().nullable(),
  lastIp: z.string().nullable(),
  lastIngress: ingressId.nullable(),
}) satisfies z.ZodType<Device>

const qrCode = z.object({ svg: z.string(), text: z.string() })

/** POST /api/pair. */
export const pairingCode = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'used', 'expired', 'revoked']),
  expiresAt: z.string(),
  scopes,
  name: z.string().nullable(),
  baseUrl: z.string(),
  lanUrl: z.string().nullable(),
  links: z.object({ app: z.string(), browser: z.string().nullable() }).nullable(),
  qr: z.object({ app: qrCode, browser: qrCode.nullable() }).nullable(),
  device: device.nullable(),
}) satisfies z.ZodType<PairingCode>

/** GET /api/tunnel/pair/context. */
export const pairContext = z.object({
  candidates: z.array(
    z.object({
      kind: z.enum(['lan', 'tunnel', 'reverse-proxy', 'tailscale']),
      url: z.string(),
      reachable: z.boolean(),
      needsLanBind: z.literal(true).exactOptional(),
      note: z.string().exactOptional(),
    }),
  ),
  recommended: z.string().nullable(),
  blockReason: z.enum(['GATEWAY_LOOPBACK_ONLY', 'NO_REACHABLE_URL']).nullable(),
}) satisfies z.ZodType<PairContext>

/** POST /api/tunnel/exchange-token. */
export const joined = z.object({
  token: z.string().exactOptional(),
  baseUrl: z.string(),
  lanUrl: z.string().nullable(),
  connectUrls: z.array(z.string()),
  gatewayId: z.string(),
  publicKey: z.string(),
  device: device.pick({ id: true, name: true, scopes: true }),
}) satisfies z.ZodType<Joined>

/** GET /api/tunnel/status. */
export const tunnelStatus = z.object({
  enabled: z.boolean(),
  state: z.enum(['disconnected', 'connecting', 'connected', 'reconnecting', 'error']),
  subdomain: z.string().nullable(),
  publicUrl: z.string().nullable(),
  connectedSince: z.string().nullable(),
  frpcPid: z.int().nullable(),
  lastHeartbeatAt: z.string().nullable(),
  lastError: errorInfo.nullable(),
  startProgress: z
    .object({
      phase: z.enum(['preparing_frpc', 'registering', 'starting_frpc', 'reconnecting_frpc', 'verifying']),
      startedAt: z.string(),
    })
    .nullable(),
  frpcDownload: z.object({ phase: z.string(), bytesReceived: z.int(), totalBytes: z.int().nullable() }).nullable(),
  config: z.object({ autoStart: z.boolean(), brokerUrl: z.string() }),
  consentRequired: z.boolean(),
  consent: z.object({
    currentVersion: z.string(),
    acceptedVersion: z.string().nullable(),
    acceptedAt: z.string().nullable(),
    valid: z.boolean(),
  }),
  canAutoStart: z.boolean(),
  registrationSecret: z.object({ configured: z.boolean(), source: z.enum(['env', 'config', 'dev', 'none']) }),
  leaseExpiresAt: z.string().nullable(),
  closesAt: z.string().nullable(),
}) satisfies z.ZodType<TunnelStatus>

/** GET /api/tunnel/qr: empty texts where no code of the asking principal waits. */
export const tunnelQr = z.object({
  qrPayload: z.string(),
  publicUrl: z.string().nullable(),
  lanUrl: z.string().nullable(),
  expiresAt: z.string().nullable(),
})

/** GET /api/tunnel/pair/ping. */
export const ping = z.object({
  ok: z.literal(true),
  service: z.literal('xopc-gateway'),
  apiBase: z.string(),
  mobilePairing: z.boolean(),
  pairingReady: z.boolean(),
  blockReason: z.string().nullable(),
  tunnelConnected: z.boolean(),
  reverseProxyConfigured: z.boolean(),
  connectUrls: z.array(z.string()),
})

/** POST /api/tunnel/pair/validate-url. */
export const validateUrl = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), url: z.string(), loopback: z.literal(false), probePath: z.string() }),
  z.object({ ok: z.literal(false), code: z.enum(['INVALID_URL', 'LOOPBACK_NOT_REACHABLE']), message: z.string() }),
])
