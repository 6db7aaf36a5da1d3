import { hideUserinfo } from '../config/upstream-url.ts'
import { API_LEVEL, type Status } from '../protocol/http-api.ts'
import type { LiveParts } from './live-parts.ts'

/** Whole seconds since the gateway was made. */
export function uptimeOf({ gateway, clock }: Pick<LiveParts, 'gateway' | 'clock'>): number {
  return Math.max(0, Math.floor((clock.now() - gateway.startedAt) / 1000))
}

/** The gateway in numbers. */
export function statusOf(parts: LiveParts, methods: Status['methods']): Status {
  const { gateway, config, signer } = parts
  const { auth, upstream } = config.current().gateway
  return {
    version: gateway.version,
    apiLevel: API_LEVEL,
    gatewayId: signer.gatewayId,
    fingerprint: signer.fingerprint,
    pid: process.pid,
    uptime: uptimeOf(parts),
    startedAt: new Date(gateway.startedAt).toISOString(),
    url: gateway.url(),
    authMode: auth.mode,
    upstream: upstream === undefined ? null : hideUserinfo(upstream.url),
    ingress: gateway.listIngress(),
    methods,
    counts: gateway.counts(),
  }
}

/** The port of a URL, or the one to fall back on where it has none yet. */
export function portOf(url: string, fallback: number): number {
  return URL.canParse(url) ? Number(new URL(url).port) || fallback : fallback
}
