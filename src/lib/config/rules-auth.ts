import { configErrors } from './errors.ts'
import { exposureOf } from './exposure.ts'
import { type Found, found } from './problems.ts'
import type { Rule } from './rule.ts'
import { secretsIn } from './secrets.ts'
import { guessableReason, isMaskedText, weakTokenReason } from './weak-secrets.ts'

/** Secrets that somebody may guess at our own door; the others belong to other people's servers, which judge them. */
const ourTokens = ['gateway.auth.token', 'gateway.auth.trustedProxy.sharedSecret']
const password = 'gateway.auth.password'

const masked: Rule = ({ config }) =>
  secretsIn(config)
    .filter(([, secret]) => isMaskedText(secret))
    .map(([key]) => found(key, configErrors.SECRET_MASKED({ key })))

const weakTokens: Rule = ({ config }) =>
  secretsIn(config).flatMap(([key, secret]) => {
    const reason = ourTokens.includes(key) && !isMaskedText(secret) ? weakTokenReason(secret) : null
    return reason === null ? [] : [found(key, configErrors.SECRET_WEAK({ key, reason }))]
  })

const weakPassword: Rule = ({ config }) => {
  const secret = config.gateway.auth.password
  if (secret === undefined || isMaskedText(secret) || exposureOf(config) === null) return []
  if ([...secret].length < 12) return [found(password, configErrors.PASSWORD_TOO_SHORT({ key: password }))]
  const reason = guessableReason(secret)
  return reason === null ? [] : [found(password, configErrors.SECRET_WEAK({ key: password, reason }))]
}

const reused: Rule = ({ config }) => {
  const secrets = secretsIn(config).filter(([, secret]) => !isMaskedText(secret))
  return secrets.flatMap(([key, secret], index) => {
    const other = secrets.slice(0, index).find(([, earlier]) => earlier === secret)
    return other === undefined ? [] : [found(key, configErrors.SECRET_REUSED({ key, other: other[0] }))]
  })
}

const ambiguousMode: Rule = ({ config, written }) => {
  const { token, password } = config.gateway.auth
  if (token === undefined || password === undefined || written('gateway.auth.mode')) return []
  return [found('gateway.auth.password', configErrors.AUTH_MODE_AMBIGUOUS())]
}

const passwordMissing: Rule = ({ config: { gateway } }) =>
  gateway.auth.mode === 'password' && gateway.auth.password === undefined
    ? [found('gateway.auth.mode', configErrors.PASSWORD_MISSING())]
    : []

const noneExposed: Rule = ({ config }) => {
  const exposure = config.gateway.auth.mode === 'none' ? exposureOf(config) : null
  return exposure === null ? [] : [found('gateway.auth.mode', configErrors.AUTH_NONE_EXPOSED({ exposure }))]
}

const trustedProxy: Rule = ({ config: { gateway } }): Found[] => {
  if (gateway.auth.mode !== 'trusted-proxy') return []
  const proof = gateway.auth.trustedProxy?.sharedSecret ?? gateway.auth.trustedProxy?.jwt
  const unproven = proof === undefined ? [found('gateway.auth.mode', configErrors.TRUSTED_PROXY_UNPROVEN(), 'warning')] : []
  const trusted = gateway.trustedProxies.length > 0 || gateway.proxySocket !== undefined
  return trusted ? unproven : [found('gateway.auth.mode', configErrors.TRUSTED_PROXY_NEEDS_PROXIES()), ...unproven]
}

/** Rules about secrets and about who is let in. */
export const authRules: readonly Rule[] = [
  masked,
  weakTokens,
  weakPassword,
  reused,
  ambiguousMode,
  passwordMissing,
  noneExposed,
  trustedProxy,
]
