import { configErrors } from './errors.ts'
import { isTakenHeader } from './header-names.ts'
import { exposureOf } from './exposure.ts'
import { type Found, found } from './problems.ts'
import type { Rule } from './rule.ts'
import type { Config } from './schema.ts'
import { secretsIn } from './secrets.ts'
import { guessableReason, isMaskedText, weakTokenReason } from './weak-secrets.ts'

/** Secrets that somebody may guess at our own door; the others belong to other people's servers, which judge them. */
const sharedSecret = 'gateway.auth.trustedProxy.sharedSecret'
const ourTokens = ['gateway.auth.token', sharedSecret]
const password = 'gateway.auth.password'

const masked: Rule = ({ config }) =>
  secretsIn(config)
    .filter(([, secret]) => isMaskedText(secret))
    .map(([key]) => found(key, configErrors.SECRET_MASKED({ key })))

const weakTokens: Rule = ({ config }) =>
  secretsIn(config).flatMap(([key, secret]) => {
    const reason = ourTokens.includes(key) && !isMaskedText(secret) ? weakTokenReason(secret) : null
    return reason === null ? [] : [found(key, configErrors.SECRET_WEAK({ key, reason, next: betterSecret(key) }))]
  })

function betterSecret(key: string): string {
  return key === 'gateway.auth.token' ? 'xopc gateway token --generate' : `openssl rand -hex 24 | xopc config set --stdin ${key}`
}

const weakPassword: Rule = ({ config }) => {
  const secret = config.gateway.auth.password
  if (secret === undefined || isMaskedText(secret) || exposureOf(config) === null) return []
  if ([...secret].length < 12) return [found(password, configErrors.PASSWORD_TOO_SHORT({ key: password }))]
  const reason = guessableReason(secret)
  return reason === null
    ? []
    : [found(password, configErrors.SECRET_WEAK({ key: password, reason, next: `xopc config set --stdin ${password}` }))]
}

const reused: Rule = ({ config }) => {
  const secrets = secretsIn(config).filter(([, secret]) => !isMaskedText(secret))
  return secrets.flatMap(([key, secret], index) => {
    const other = secrets.slice(0, index).find(([place, earlier]) => earlier === secret && !isOneGateway([place, key]))
    return other === undefined ? [] : [found(key, configErrors.SECRET_REUSED({ key, other: other[0] }))]
  })
}

/** The gateway elsewhere may be this one, and XOPC_GATEWAY_TOKEN is for either. */
function isOneGateway(places: readonly string[]): boolean {
  return [/^gateway\.auth\.(token|password)$/, /^gateway\.remote\./].every((part) => places.some((place) => part.test(place)))
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

/** Whether any program on a trusted address can claim to be any user: the mode is trusted-proxy, and only the address speaks for the proxy. Pure. */
export function isProxyUnproven({ gateway: { auth, trustedProxies } }: Config): boolean {
  return auth.mode === 'trusted-proxy' && trustedProxies.length > 0 && auth.trustedProxy?.sharedSecret === undefined
}

const trustedProxy: Rule = ({ config }): Found[] => {
  const { auth, trustedProxies, proxySocket } = config.gateway
  const trusted = trustedProxies.length > 0 || proxySocket !== undefined
  return [
    ...(auth.mode === 'trusted-proxy' && !trusted ? [found('gateway.auth.mode', configErrors.TRUSTED_PROXY_NEEDS_PROXIES())] : []),
    ...(isProxyUnproven(config) ? [found('gateway.auth.mode', configErrors.TRUSTED_PROXY_UNPROVEN(), 'warning')] : []),
  ]
}

const identityHeaders: Rule = ({ config: { gateway } }) => {
  const { userHeader, requiredHeaders } = gateway.auth.trustedProxy ?? { userHeader: '', requiredHeaders: [] }
  const named = [['userHeader', userHeader], ...requiredHeaders.map((name, index) => [`requiredHeaders.${index}`, name])]
  return named
    .filter(([, name = '']) => isTakenHeader(name))
    .map(([place, name = '']) => {
      const key = `gateway.auth.trustedProxy.${place}`
      return found(key, configErrors.TRUSTED_PROXY_HEADER_TAKEN({ key, name }))
    })
}

/** HTTP carries neither line ends nor blanks at the ends of a value, and not every program writes other letters the same way. */
const unsendable: Rule = ({ config: { gateway } }) => {
  const secret = gateway.auth.trustedProxy?.sharedSecret
  if (secret === undefined || isMaskedText(secret) || /^[!-~]+$/.test(secret)) return []
  return [found(sharedSecret, configErrors.TRUSTED_PROXY_SECRET_UNSENDABLE({ key: sharedSecret }))]
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
  identityHeaders,
  unsendable,
]
