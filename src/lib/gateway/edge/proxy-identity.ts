import { hash, timingSafeEqual } from 'node:crypto'
import type { Config } from '../../config/schema.ts'
import { isGenerated } from '../../config/weak-secrets.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import type { IngressId } from '../../protocol/http-api.ts'
import { dashedName, namedBy } from './header-names.ts'

/** `gateway.auth.trustedProxy`, ready to judge by. */
export interface IdentityRules {
  /** Lower-case, as `requiredHeaders`. */
  readonly userHeader: string
  readonly requiredHeaders: ReadonlySet<string>
  /** Null: whoever the proxy names. */
  readonly allowUsers: ReadonlySet<string> | null
  readonly secretDigest: Buffer | null
  /** The secret is one that nobody guesses. */
  readonly secretGenerated: boolean
}

/** Why nobody is let in by the word of a proxy; the audit log has it. */
export type IdentityFault =
  | 'secret-missing'
  | 'secret-repeated'
  | 'secret-wrong'
  | 'secret-not-compared'
  | 'user-missing'
  | 'user-repeated'
  | 'user-unreadable'
  | 'user-not-allowed'
  | 'required-missing'
  | 'required-repeated'
  | 'headers-cut'

/** What a proxy's headers come to; null where there is nothing of the kind. */
export type Identity = { user: string; fault: null } | { user: string | null; fault: IdentityFault } | null

/** Doors at which a proxy of the user's own may say who somebody is. A list of those that may: a door that is built later is not among them by itself. */
export const identityDoors: ReadonlySet<IngressId> = new Set<IngressId>(['local', 'lan', 'proxy'])

/** The header that proves the proxy. */
export const PROXY_SECRET_HEADER = 'x-xopc-proxy-secret'
const DEFAULT_USER_HEADER = 'x-forwarded-user'
const MAX_USER_BYTES = 256
/** Node cuts longer heads off in silence (`maxHeadersCount`), and what is missing then might be what the proxy wrote. */
const MAX_RAW = 2_000

/** The rules in effect; null in every other auth mode. */
export function identityRules({ gateway: { auth } }: Config): IdentityRules | null {
  if (auth.mode !== 'trusted-proxy') return null
  const { userHeader = DEFAULT_USER_HEADER, requiredHeaders = [], allowUsers = [], sharedSecret } = auth.trustedProxy ?? {}
  return {
    userHeader: userHeader.toLowerCase(),
    requiredHeaders: new Set(requiredHeaders.map((name) => name.toLowerCase())),
    allowUsers: allowUsers.length === 0 ? null : new Set(allowUsers),
    secretDigest: sharedSecret === undefined ? null : hash('sha256', sharedSecret, 'buffer'),
    secretGenerated: sharedSecret !== undefined && isGenerated(sharedSecret),
  }
}

/** How a user is called in logs, limits and `X-Xopc-User`: percent-encoded, so that no name can look like something else. */
export function ssoId(user: string): string {
  return `sso:${encodeURIComponent(user)}`
}

/** Names (see `dashedName`) of headers that the owner declared to be a proxy's word on who somebody is, in whatever mode; null where there are none. */
export function identityHeaders({ gateway: { auth } }: Config): ReadonlySet<string> | null {
  if (auth.trustedProxy === undefined) return null
  return new Set([auth.trustedProxy.userHeader, ...auth.trustedProxy.requiredHeaders].map(dashedName))
}

/**
 * Who a trusted proxy says somebody is. `raw` are the headers of a request that came from a trusted peer by one of `identityDoors`; nobody
 * else's may get here. A header counts by its exact name, in any case, and not where `Connection` names it. `mayCompare` is asked before the
 * secret is compared. Pure but for that.
 */
export function judgeIdentity(
  rules: IdentityRules,
  raw: readonly string[],
  connection: string | undefined,
  mayCompare: () => boolean,
): Identity {
  const { users, secrets, required } = readIdentity(rules, raw, connection)
  if (users.length === 0 && (rules.secretDigest === null || secrets.length === 0)) return null
  // Until the proxy has proven itself nothing more is said than that it has not.
  const unproven = rules.secretDigest === null ? null : secretFault(rules.secretDigest, secrets, mayCompare)
  if (unproven !== null) return { user: null, fault: unproven }
  if (raw.length >= MAX_RAW) return { user: null, fault: 'headers-cut' }
  const [value = '', ...others] = users
  if (others.length > 0) return { user: null, fault: 'user-repeated' }
  if (namesNobody(value)) return { user: null, fault: 'user-missing' }
  const user = readUser(value)
  if (user === null) return { user: null, fault: 'user-unreadable' }
  return { user, fault: requiredFault(rules, required) ?? (rules.allowUsers?.has(user) === false ? 'user-not-allowed' : null) }
}

interface Read {
  users: string[]
  secrets: string[]
  required: Map<string, string[]>
}

function readIdentity({ userHeader, requiredHeaders }: IdentityRules, raw: readonly string[], connection: string | undefined): Read {
  const named = namedBy(connection)
  const read: Read = { users: [], secrets: [], required: new Map() }
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const value = raw[index + 1] ?? ''
    const isUser = name === userHeader
    const isRequired = requiredHeaders.has(name)
    if ((!isUser && !isRequired && name !== PROXY_SECRET_HEADER) || named?.has(dashedName(name))) continue
    if (isUser) read.users.push(value)
    if (isRequired) read.required.set(name, [...(read.required.get(name) ?? []), value])
    if (name === PROXY_SECRET_HEADER) read.secrets.push(value)
  }
  return read
}

function secretFault(digest: Buffer, secrets: readonly string[], mayCompare: () => boolean): IdentityFault | null {
  const [given, ...others] = secrets
  if (given === undefined) return 'secret-missing'
  if (others.length > 0) return 'secret-repeated'
  if (!mayCompare()) return 'secret-not-compared'
  return timingSafeEqual(hash('sha256', given, 'buffer'), digest) ? null : 'secret-wrong'
}

function requiredFault({ requiredHeaders }: IdentityRules, required: Read['required']): IdentityFault | null {
  for (const name of requiredHeaders) {
    const [value = '', ...others] = required.get(name) ?? []
    if (others.length > 0) return 'required-repeated'
    if (namesNobody(value)) return 'required-missing'
  }
  return null
}

/**
 * Blank, or what a proxy sends where it has signed nobody in and its variable stayed unfilled: Caddy (2.6) sends `{http.auth.user.id}` as it
 * is written in its configuration, Apache's `%{REMOTE_USER}e` gives `(null)`.
 */
function namesNobody(value: string): boolean {
  return /^\s*$|^\(null\)$|^-$|^[$%]?\{[^{}]*\}[a-z]?$/.test(value)
}

/**
 * The user, exactly as named: UTF-8, at most 256 bytes. Null where the text is none, or has a character that may join two names (a comma)
 * or does not show (control, format and bidi characters): what is changed to be readable could be somebody else's name.
 */
function readUser(value: string): string | null {
  if (value.length > MAX_USER_BYTES || value.includes(',')) return null
  if (/^[ -~]+$/.test(value)) return value
  const user = utf8(value)
  return user !== null && cleanText(user, MAX_USER_BYTES) === user ? user : null
}

/** Node gives each byte of a header as one character. */
function utf8(bytes: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'))
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}
