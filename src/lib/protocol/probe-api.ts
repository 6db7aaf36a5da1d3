import type { IngressId } from './http-api.ts'

/** Carries the nonce of a test, lower-case as header names are read; the reply brings it back, so that a recorded or cached reply shows. */
export const NONCE_HEADER = 'x-xopc-nonce'

/** Where a test asks, without the prefix of the API: what arrived, an event stream, an echo. */
export const probePaths = { request: '/api/probe/request', stream: '/api/probe/stream', echo: '/api/probe/ws' } as const

/** GET /api/probe/request: what the gateway saw of a request. Header lines as they came, cleaned and cut. */
export interface SeenRequest {
  ingress: IngressId
  /** Address and port of the TCP peer; null on a unix socket. */
  peer: string | null
  peerPort: number | null
  client: string
  /** Forwarded, X-Forwarded-* or Via was there. */
  proxied: boolean
  /** The peer is one whose X-Forwarded-* are believed. */
  trustedPeer: boolean
  forwardedFor: string[]
  proto: 'http' | 'https'
  host: string
  nonce: string | null
  received: Received
  /** Lower-case names of headers by which a program gives itself away. */
  hints: string[]
}

/** The header lines by which proxies tell of a request. */
export interface Received {
  host: string[]
  forwardedFor: string[]
  forwardedProto: string[]
  forwardedHost: string[]
  forwarded: string[]
  via: string[]
  realIp: string[]
}
