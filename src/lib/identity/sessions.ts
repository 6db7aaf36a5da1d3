import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { type AskedHost, namesAuthority } from '../protocol/authority.ts'
import type { IngressId } from '../protocol/http-api.ts'
import type { Clock } from '../system/clock.ts'
import { type CookieNames, readCookies, writeCookie } from './cookie.ts'

/** How every session key starts; sent as `X-Xopc-Token`. */
export const SESSION_KEY_PREFIX = 'xopc_sk_'
const names: CookieNames = { plain: 'xopc_session', secure: '__Host-xopc_session' }

/** A browser in which the owner signed in, or somebody whom Tailscale names. */
export interface Session {
  readonly id: string
  /** The exact Origin it was made at and is good at. */
  readonly origin: string
  /** The door that it was made through. */
  readonly ingress: IngressId
  readonly createdAt: number
  /** The login that Tailscale names; null for the owner. Such a session never has a key, and counts only at the door where Tailscale vouches. */
  readonly user: string | null
}

/** What sign-in hands out: the two halves of a browser session. */
export interface SignedIn {
  session: Session
  /** The whole `Set-Cookie` value. */
  setCookie: string
  /** The other half, for sessionStorage; `pair` and `admin` need both. */
  key: string
}

/** Sessions: 12 h idle, 7 days at most, in memory only. */
export interface Sessions {
  /** A session for this origin (`https://gateway.example.com`), made through this door; the origin's scheme decides `Secure`. Throws where the origin is no URL. */
  create(origin: string, ingress: IngressId): SignedIn
  /** The same for somebody whom Tailscale names: the cookie is all that there is. */
  createFor(user: string, origin: string, ingress: IngressId): Omit<SignedIn, 'key'>
  /** The living session of a Cookie header, where the request's Host and Origin (if there is one) are the session's. Counts as use. */
  find(cookieHeader: string, asked: AskedHost, origin: string | null): Session | null
  /** Whether the key is this session's other half; constant-time. */
  holdsKey(session: Session, key: string): boolean
  /** Whether a living session was made at this origin. */
  knowsOrigin(origin: string): boolean
  /** Whether a living session was made at this origin through this door. */
  madeAt(origin: string, ingress: IngressId): boolean
  /** The exact Origin of a living session; null where it ended. */
  originOf(id: string): string | null
  /** Whether a living session was made at this Host. */
  knowsHost(asked: AskedHost): boolean
  end(id: string): void
  /** Ends those of people whom Tailscale named. */
  endUsers(): void
  /** Ends all of them: the token or the password changed. */
  endOwner(): void
  count(): number
}

interface Living extends Session {
  readonly host: string
  readonly secure: boolean
  readonly keyDigest: Buffer
  lastSeenAt: number
}

const IDLE_MS = 12 * 3_600_000
const LIFETIME_MS = 7 * 24 * 3_600_000
const MAX_SESSIONS = 1_000
/** Of one person whom Tailscale names: nobody but the owner should be able to push the owner's out. */
const MAX_OF_USER = 20

/** Sessions in memory, at most 1,000, and 20 of each person whom Tailscale names (the one unused for longest goes first). */
export function createSessions({ clock }: { clock: Pick<Clock, 'now'> }): Sessions {
  // Keyed by the cookie's digest, so that a look-up's timing tells nothing of a living cookie; in order of last use.
  const living = new Map<string, Living>()
  const alive = (session: Living): boolean => clock.now() - session.lastSeenAt < IDLE_MS && clock.now() - session.createdAt < LIFETIME_MS

  function forgetOld(): void {
    for (const [key, session] of living) {
      if (!alive(session) || living.size >= MAX_SESSIONS) living.delete(key)
    }
  }

  function makeRoomFor(user: string): void {
    const theirs = [...living].filter(([, session]) => session.user === user)
    for (const [key] of theirs.slice(0, Math.max(0, theirs.length - MAX_OF_USER + 1))) living.delete(key)
  }

  function use(digest: string, session: Living): Session {
    session.lastSeenAt = clock.now()
    living.delete(digest)
    living.set(digest, session)
    return session
  }

  function make(user: string | null, origin: string, ingress: IngressId): SignedIn {
    forgetOld()
    if (user !== null) makeRoomFor(user)
    const { host, protocol } = new URL(origin)
    const secure = protocol === 'https:'
    const cookie = randomBytes(32).toString('base64url')
    const key = SESSION_KEY_PREFIX + randomBytes(32).toString('base64url')
    const now = clock.now()
    const keyDigest = hash('sha256', key, 'buffer')
    const session = { id: randomUUID(), origin, ingress, user, host, secure, createdAt: now, lastSeenAt: now, keyDigest }
    living.set(hash('sha256', cookie), session)
    return { session, key, setCookie: writeCookie(names, cookie, { secure, maxAge: LIFETIME_MS / 1000 }) }
  }

  return {
    create: (origin, ingress) => make(null, origin, ingress),
    createFor(user, origin, ingress) {
      const { session, setCookie } = make(user, origin, ingress)
      return { session, setCookie }
    },
    find(cookieHeader, asked, origin) {
      for (const { value, secure } of readCookies(names, cookieHeader)) {
        const digest = hash('sha256', value)
        const session = living.get(digest)
        if (!session || !alive(session) || session.secure !== secure) continue
        if (!isNamed(asked, session) || (origin !== null && origin !== session.origin)) continue
        return use(digest, session)
      }
      return null
    },
    holdsKey(session, key) {
      const digest = hash('sha256', key, 'buffer')
      return living.values().some((each) => each.id === session.id && each.user === null && timingSafeEqual(each.keyDigest, digest))
    },
    knowsOrigin: (origin) => living.values().some((each) => each.origin === origin && alive(each)),
    madeAt: (origin, ingress) => living.values().some((each) => each.origin === origin && each.ingress === ingress && alive(each)),
    knowsHost: (asked) => living.values().some((each) => isNamed(asked, each) && alive(each)),
    originOf: (id) => living.values().find((each) => each.id === id && alive(each))?.origin ?? null,
    end(id) {
      for (const [digest, session] of living) if (session.id === id) living.delete(digest)
    },
    endUsers() {
      for (const [digest, session] of living) if (session.user !== null) living.delete(digest)
    },
    endOwner: () => living.clear(),
    count: () => living.values().reduce((sum, each) => sum + (alive(each) ? 1 : 0), 0),
  }
}

function isNamed(asked: AskedHost, session: Living): boolean {
  return namesAuthority(asked, session.host, session.secure ? 'https' : 'http')
}

/** `Set-Cookie` values that take the cookie out of the browser, for DELETE /api/session at this origin. */
export function clearedCookie(origin: string): string {
  return writeCookie(names, '', { secure: origin.startsWith('https:'), maxAge: 0 })
}
