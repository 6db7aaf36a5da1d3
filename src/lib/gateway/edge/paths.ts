import { CHALLENGE_PATH, PING_PATH } from '../../protocol/routes.ts'

/** Where a request goes. `url` is what Control routes by; `open`: also for those who come by an unknown name; `pairing`: what a device needs before it is one. */
export type Place = { to: 'health' } | { to: 'control'; url: string; open: boolean; pairing: boolean; signIn: boolean } | { to: 'app' }

const HEALTH: Place = { to: 'health' }
const APP: Place = { to: 'app' }

/** With an app behind the gateway these stay ours at the root, because phones know them there. */
const rootPaths: ReadonlySet<string> = new Set([PING_PATH, '/api/tunnel/pair/validate-url', '/api/tunnel/exchange-token', CHALLENGE_PATH])
/** What anybody may ask under any name: the sign-in page, where a name becomes known, and who this is. */
const openRoutes: ReadonlySet<string> = new Set([
  'GET /xopc/',
  'HEAD /xopc/',
  'GET /xopc/pair',
  'HEAD /xopc/pair',
  'POST /api/session',
  `GET ${PING_PATH}`,
  `POST ${CHALLENGE_PATH}`,
])
const pairingRoutes: ReadonlySet<string> = new Set([
  'GET /xopc/pair',
  'HEAD /xopc/pair',
  `GET ${PING_PATH}`,
  `POST ${CHALLENGE_PATH}`,
  'POST /api/tunnel/pair/validate-url',
  'POST /api/tunnel/exchange-token',
])
/** Files of the page, which are the same for everybody. */
const openFiles = /^GET \/xopc\/(assets\/)?[\w-]+\.(js|css|svg|png|html|webmanifest)$/

/**
 * Whether a path is ours. Compared as written, without decoding: a spelling that an app might read as one of ours goes to the app, which is
 * authenticated all the same, and a spelling of ours that is none goes to Control, which has no such route.
 */
export function placeOf(method: string, target: string, hasUpstream: boolean): Place {
  const at = target.indexOf('?')
  const path = at === -1 ? target : target.slice(0, at)
  if (path === '/health' || path === '/xopc/api/health' || (path === '/api/health' && !hasUpstream)) return HEALTH
  const own = ownPath(path, hasUpstream)
  if (own === null) return APP
  const route = `${method} ${own}`
  return {
    to: 'control',
    url: own + target.slice(path.length),
    open: openRoutes.has(route) || openFiles.test(route),
    pairing: pairingRoutes.has(route) || openFiles.test(route),
    signIn: route === 'POST /api/session',
  }
}

function ownPath(path: string, hasUpstream: boolean): string | null {
  if (path.startsWith('/xopc/api/') || path === '/xopc/metrics') return path.slice('/xopc'.length)
  if (path.startsWith('/xopc/')) return path
  if (path === '/xopc' || (path === '/' && !hasUpstream)) return '/xopc/'
  return !hasUpstream || rootPaths.has(path) ? path : null
}
