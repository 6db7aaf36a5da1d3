import type { Scope } from './http-api.ts'

/** Where one method of Xopc is served. Paths are written as in the contract; the API is at `/xopc` + path, and at the path itself where the gateway has no upstream. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** `:id` stands for an access method, a pairing code or a device. */
  readonly path: `/${string}`
  /** What the caller's credential must allow; `none` needs no credential. */
  readonly scope: Scope | 'none'
  /** Names that may stand in the query. */
  readonly query?: readonly string[]
}

/** Method of Xopc ↔ route. The client sends by it, the control API serves by it, a test holds it equal to the interface. */
export const routes = {
  health: { method: 'GET', path: '/health', scope: 'none' },
  status: { method: 'GET', path: '/api/status', scope: 'read' },
  overview: { method: 'GET', path: '/api/overview', scope: 'read' },
  plan: { method: 'GET', path: '/api/access/:id/plan', scope: 'read', query: ['address', 'url', 'mode', 'port', 'broker', 'replace'] },
  enable: { method: 'POST', path: '/api/access/:id/enable', scope: 'admin', query: ['wait'] },
  disable: { method: 'POST', path: '/api/access/:id/disable', scope: 'admin' },
  consent: { method: 'POST', path: '/api/access/:id/consent', scope: 'admin' },
  test: { method: 'POST', path: '/api/access/:id/test', scope: 'admin' },
  testUrl: { method: 'POST', path: '/api/tunnel/pair/probe-public', scope: 'admin' },
  proxyTemplate: { method: 'GET', path: '/api/access/proxy/template', scope: 'read', query: ['program', 'domain'] },
  diagnose: { method: 'GET', path: '/api/access/:id/diagnose', scope: 'read' },
  pair: { method: 'POST', path: '/api/pair', scope: 'pair' },
  pairing: { method: 'GET', path: '/api/pair/:id', scope: 'pair' },
  cancelPairing: { method: 'DELETE', path: '/api/pair/:id', scope: 'pair' },
  pairContext: { method: 'GET', path: '/api/tunnel/pair/context', scope: 'read' },
  devices: { method: 'GET', path: '/api/devices', scope: 'admin' },
  renameDevice: { method: 'PATCH', path: '/api/devices/:id', scope: 'admin' },
  revokeDevice: { method: 'DELETE', path: '/api/devices/:id', scope: 'admin' },
  revokeDevices: { method: 'DELETE', path: '/api/devices', scope: 'admin' },
  tunnelStatus: { method: 'GET', path: '/api/tunnel/status', scope: 'read' },
  prefetchTunnel: { method: 'POST', path: '/api/tunnel/prefetch', scope: 'admin' },
  config: { method: 'GET', path: '/api/config', scope: 'admin' },
  patchConfig: { method: 'PATCH', path: '/api/config', scope: 'admin' },
  stop: { method: 'POST', path: '/api/gateway/stop', scope: 'admin' },
  restart: { method: 'POST', path: '/api/gateway/restart', scope: 'admin' },
  rotateToken: { method: 'POST', path: '/api/gateway/rotate-token', scope: 'admin' },
  logs: { method: 'GET', path: '/api/logs', scope: 'admin', query: ['lines'] },
  audit: { method: 'GET', path: '/api/audit', scope: 'admin', query: ['lines'] },
  events: { method: 'GET', path: '/api/events', scope: 'read' },
} as const satisfies Record<string, Route>

/** Name of a method that has a route. */
export type RouteName = keyof typeof routes

/** What phones ask first: what answers here. At the root with and without an upstream. */
export const PING_PATH = '/api/tunnel/pair/ping'
/** Where whoever dials a gateway lets it prove itself. At the root with and without an upstream. */
export const CHALLENGE_PATH = '/api/gateway-identity/challenge'

/** Where the API always is, with and without an upstream. `/health` alone has no prefix. */
export const API_PREFIX = '/xopc'
