import { z } from 'zod'
import { clearedCookie } from '../../../identity/sessions.ts'
import { edgeErrors } from '../../edge/errors.ts'
import { coreErrors } from '../../../core/errors.ts'
import { route } from '../route.ts'
import { signIn } from '../sign-in.ts'

const secret = z.string().min(1).max(1024)
const uses = { events: 'read', ws: 'run', probe: 'admin' } as const

/** Signing in and out in a browser, and tickets for what cannot send a header. */
export const sessionRoutes = [
  route({
    method: 'POST',
    path: '/api/session',
    scope: 'none',
    anyHost: true,
    takesCredential: true,
    about:
      'Starts a browser session: sets the cookie and returns the session key, which `pair` and `admin` need besides (as `X-Xopc-Token`). With an empty body, through Tailscale and with `gateway.auth.allowTailscale`, it is the session of whom Tailscale names: without a key, for `read` and `run`.',
    body: z.union([z.strictObject({ token: secret }), z.strictObject({ password: secret }), z.strictObject({})]).prefault({}),
    reply: z.object({ sessionKey: z.string().optional(), origin: z.string() }),
    codes: [
      'auth_blocked',
      'HOST_INVALID',
      'invalid_token',
      'missing_token',
      'SIGN_IN_BY_CODE',
      'SIGN_IN_OFF',
      'TAILSCALE_IDENTITY_UNAVAILABLE',
      'TAILSCALE_NOBODY',
    ],
    handle: async (call, context) => {
      const { session, setCookie, key } = await signIn(call, context)
      call.header('set-cookie', setCookie)
      return { ...(key === undefined ? {} : { sessionKey: key }), origin: session.origin }
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/session',
    scope: 'session',
    about: 'Ends this browser’s session and its event streams.',
    handle: (call, { sessions, hub, audit }) => {
      const { session, id } = call.exchange.principal
      if (session === undefined) throw edgeErrors[call.exchange.unproven]()
      call.header('set-cookie', clearedCookie(sessions.originOf(session) ?? `${call.exchange.proto}://${call.exchange.host}`))
      sessions.end(session)
      hub.endWhere(({ principal }) => principal.id === id)
      audit.write('AuthAudit.signedOut', { client: call.exchange.client })
    },
  }),
  route({
    method: 'POST',
    path: '/api/ticket',
    scope: 'read',
    about: 'A ticket that opens one request within 30 s: `events` and `ws` as `?ticket=`, `probe` as Bearer.',
    body: z.strictObject({ for: z.enum(['events', 'ws', 'probe']).default('events') }).prefault({}),
    reply: z.object({ ticket: z.string(), expiresAt: z.int() }),
    codes: ['SCOPE_MISSING'],
    handle: (call, { tickets }) => {
      const { principal } = call.exchange
      const needed = uses[call.body.for]
      // A ticket hands on no more than its holder has.
      if (!principal.scopes.has(needed)) throw coreErrors.SCOPE_MISSING({ scope: needed, has: [...principal.scopes].join(', ') || 'none' })
      return tickets.issue(call.body.for, principal)
    },
  }),
]
