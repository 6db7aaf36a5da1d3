import { hash, randomBytes, randomUUID } from 'node:crypto'
import { type AskedHost, namesAuthority } from '../protocol/authority.ts'
import type { Scope } from '../protocol/http-api.ts'
import type { Clock } from '../system/clock.ts'
import { siteOf } from './device-index.ts'

/** What a code is minted with, and bound to from then on (attack A58). */
export interface PairingTerms {
  /** Who mints it: the id of a principal. Nobody else gets to see it. */
  readonly by: string
  readonly scopes: readonly Scope[]
  /** Name that the device will have; null where it may name itself. */
  readonly name: string | null
  /** The origin that the device will use. */
  readonly baseUrl: string
  readonly lanUrl: string | null
}

/** A pairing code as it is now. */
export interface PairingRecord extends PairingTerms {
  readonly id: string
  readonly state: 'waiting' | 'used' | 'expired' | 'revoked'
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** For an app, which gets a token. */
  readonly appSecret: string
  /** For a browser, which gets a cookie; null where no browser may join by this code. */
  readonly browserSecret: string | null
  /** Who joined by it. */
  readonly deviceId: string | null
}

/** Pairing codes: one use, 5 minutes, in memory only. */
export interface Pairing {
  /** A new code, with 256 random bits for each way in. */
  mint(terms: PairingTerms & { browser: boolean }): PairingRecord
  /** The code of this id, to who minted it; null for everybody else, and once it is forgotten. */
  get(id: string, by: string): PairingRecord | null
  /** The newest code of who asks that still waits. */
  latest(by: string): PairingRecord | null
  /** Takes a code back; false where who asks has none of this id. A used one stays used. */
  cancel(id: string, by: string): boolean
  /** Takes back the waiting codes of somebody who may not mint any more; of everybody where nobody is named. */
  cancelOf(by?: string): void
  /**
   * Uses a code up: the record to the first who brings a secret of it in the right way (an app's for a token; a browser's for a cookie, from a
   * page of its `baseUrl`), else null. Wrong, used, expired, taken back and wrong way look alike.
   */
  redeem(secret: string, as: 'token' | 'cookie', origin: string | null): PairingRecord | null
  /** Makes a code that was used wait again, because no device came of it. */
  giveBack(id: string): void
  /** Notes who joined by a code. */
  joined(id: string, deviceId: string): void
  /** Whether a waiting code is for this origin. */
  isOrigin(origin: string): boolean
  /** Whether a waiting code is for an origin at this host. */
  isHost(asked: AskedHost): boolean
  /** Codes remembered now; bounded. */
  size(): number
}

interface Code {
  readonly id: string
  readonly terms: PairingTerms
  readonly site: ReturnType<typeof siteOf>
  readonly expiresAt: number
  readonly appSecret: string
  readonly browserSecret: string | null
  ended: 'used' | 'revoked' | null
  deviceId: string | null
}

const LIFETIME_MS = 5 * 60_000
/** How long it can still be seen what became of a code. */
const REMEMBERED_MS = 10 * 60_000
/** Codes remembered of one who mints, and of all. */
const [MAX_OF_ONE, MAX_CODES] = [16, 1_024]

/** Codes in memory: the last 16 of each who mints, 1,024 in all (the oldest go first). */
export function createPairing({ clock }: { clock: Pick<Clock, 'now'> }): Pairing {
  // In the order of minting, which is that of expiry.
  const codes = new Map<string, Code>()
  // By digest, so that a look-up's timing tells nothing of a waiting secret.
  const bySecret = new Map<string, { code: Code; way: 'token' | 'cookie' }>()
  const stateOf = ({ ended, expiresAt }: Code): PairingRecord['state'] => ended ?? (clock.now() < expiresAt ? 'waiting' : 'expired')
  const waiting = () => codes.values().filter((code) => stateOf(code) === 'waiting')

  function forget(code: Code): void {
    codes.delete(code.id)
    for (const [secret] of secretsOf(code)) bySecret.delete(hash('sha256', secret))
  }

  function makeRoom(by: string): void {
    const own = [...codes.values()].filter(({ terms }) => terms.by === by)
    own.slice(0, Math.max(0, own.length - MAX_OF_ONE + 1)).forEach(forget)
    for (const code of codes.values()) {
      if (codes.size < MAX_CODES && clock.now() < code.expiresAt + REMEMBERED_MS) return
      forget(code)
    }
  }

  function viewOf(code: Code): PairingRecord {
    const { id, terms, expiresAt, appSecret, browserSecret, deviceId } = code
    return { id, ...terms, state: stateOf(code), expiresAt, appSecret, browserSecret, deviceId }
  }

  function find(id: string, by: string): Code | null {
    const code = codes.get(id)
    return code?.terms.by === by ? code : null
  }

  return {
    mint({ by, scopes, name, baseUrl, lanUrl, browser }) {
      makeRoom(by)
      const code: Code = {
        id: randomUUID(),
        // A copy: what the caller does with its list later changes nothing of what was shown.
        terms: { by, scopes: [...scopes], name, baseUrl, lanUrl },
        site: siteOf(baseUrl),
        expiresAt: clock.now() + LIFETIME_MS,
        appSecret: newSecret(),
        browserSecret: browser ? newSecret() : null,
        ended: null,
        deviceId: null,
      }
      codes.set(code.id, code)
      for (const [secret, way] of secretsOf(code)) bySecret.set(hash('sha256', secret), { code, way })
      return viewOf(code)
    },
    get(id, by) {
      const code = find(id, by)
      return code && viewOf(code)
    },
    latest(by) {
      const code = [...waiting()].findLast(({ terms }) => terms.by === by)
      return code === undefined ? null : viewOf(code)
    },
    cancel(id, by) {
      const code = find(id, by)
      if (code) code.ended ??= 'revoked'
      return code !== null
    },
    cancelOf(by) {
      for (const code of waiting()) {
        if (by === undefined || code.terms.by === by) code.ended = 'revoked'
      }
    },
    redeem(secret, as, origin) {
      const { code, way } = bySecret.get(hash('sha256', secret)) ?? {}
      if (code === undefined || stateOf(code) !== 'waiting') return null
      // A script of the app at this origin that got hold of a browser's secret gains no token that it could carry away by it.
      if (way !== as || (way === 'cookie' && origin !== code.terms.baseUrl)) return null
      // Before anything is awaited: of two that come at once the second finds it used.
      code.ended = 'used'
      return viewOf(code)
    },
    giveBack(id) {
      const code = codes.get(id)
      if (code?.ended === 'used' && code.deviceId === null) code.ended = null
    },
    joined(id, deviceId) {
      const code = codes.get(id)
      if (code?.ended === 'used') code.deviceId = deviceId
    },
    isOrigin: (origin) => waiting().some(({ terms }) => terms.baseUrl === origin),
    isHost: (asked) => waiting().some(({ site }) => namesAuthority(asked, site.host, site.proto)),
    size: () => codes.size,
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function secretsOf({ appSecret, browserSecret }: Code): [secret: string, way: 'token' | 'cookie'][] {
  return browserSecret === null
    ? [[appSecret, 'token']]
    : [
        [appSecret, 'token'],
        [browserSecret, 'cookie'],
      ]
}
