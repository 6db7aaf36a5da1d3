import { hash } from 'node:crypto'
import type { Config } from '../../config/schema.ts'
import { isGenerated } from '../../config/weak-secrets.ts'
import { type IdentityRules, identityRules } from './proxy-identity.ts'

/** The owner's secret in effect. */
export interface Secret {
  mode: Config['gateway']['auth']['mode']
  /** Null where none is configured. */
  digest: Buffer | null
  generated: boolean
  /** How a proxy states who somebody is; null in every mode but trusted-proxy. */
  identity: IdentityRules | null
}

/** The secret in effect, and those that are not. */
export interface OwnSecrets {
  /** Worked out anew only when the configuration is another object. */
  current(): Secret
  /** Whether a SHA-256 digest is that of a generated secret of ours that opens nothing here and now: the app must not learn it all the same. */
  wereOurs(digest: Buffer): boolean
}

const MAX_RETIRED = 100

/** Follows the configuration. */
export function createOwnSecrets(config: () => Config): OwnSecrets {
  let seen: Config | undefined
  let secret: Secret = { mode: 'token', digest: null, generated: false, identity: null }
  const retired = new Set<string>()

  function retire(digest: Buffer): void {
    retired.add(digest.toString('hex'))
    const [oldest] = retired
    if (retired.size > MAX_RETIRED && oldest !== undefined) retired.delete(oldest)
  }

  return {
    current() {
      const now = config()
      if (now === seen) return secret
      seen = now
      const before = secret
      secret = secretOf(now)
      if (before.generated && before.digest && !(secret.digest && before.digest.equals(secret.digest))) retire(before.digest)
      for (const idle of idleSecrets(now)) retire(hash('sha256', idle, 'buffer'))
      return secret
    },
    wereOurs: (digest) => retired.size > 0 && retired.has(digest.toString('hex')),
  }
}

function secretOf(config: Config): Secret {
  const { mode, token, password } = config.gateway.auth
  const value = mode === 'token' ? token : mode === 'password' ? password : undefined
  // A password of 48 hex digits is still something that a person may have chosen.
  return {
    mode,
    digest: value ? hash('sha256', value, 'buffer') : null,
    generated: mode === 'token' && value !== undefined && isGenerated(value),
    identity: identityRules(config),
  }
}

/** Generated secrets that open nothing as a Bearer in this mode, but would in another, or prove a proxy. */
function idleSecrets({ gateway: { auth } }: Config): string[] {
  const idle = [auth.mode === 'token' ? undefined : auth.token, auth.trustedProxy?.sharedSecret]
  return idle.flatMap((value) => (value !== undefined && isGenerated(value) ? [value] : []))
}
