import { expect, it } from 'vitest'
import { type ConfigInput, configSchema } from '../../../src/lib/config/schema.ts'
import { signInChanged } from '../../../src/lib/gateway/edge/sign-in-change.ts'

const configOf = (gateway: ConfigInput['gateway']) => configSchema.parse({ gateway })
const trustedProxy = { sharedSecret: 'f00dfeed'.repeat(6), allowUsers: ['anna', 'bert'] }
const proxied = { mode: 'trusted-proxy' as const, trustedProxy }
const token = { mode: 'token' as const, token: 'a-long-token-that-i-chose' }

const cases: [what: string, before: ConfigInput['gateway'], after: ConfigInput['gateway'], changed: boolean][] = [
  ['the same, written anew', { auth: proxied }, { auth: proxied }, false],
  ['another port', { auth: proxied, port: 1 }, { auth: proxied, port: 2 }, false],
  ['another limit', { auth: proxied }, { auth: { ...proxied, rateLimit: { maxAttempts: 9 } } }, false],
  ['another mode', { auth: proxied }, { auth: token }, true],
  ['another token', { auth: token }, { auth: { ...token, token: 'another-long-token' } }, true],
  ['another password', { auth: { password: 'one' } }, { auth: { password: 'two' } }, true],
  ['another secret', { auth: proxied }, { auth: { ...proxied, trustedProxy: { ...trustedProxy, sharedSecret: 'x' } } }, true],
  ['no secret any more', { auth: proxied }, { auth: { mode: 'trusted-proxy' } }, true],
  ['one user less', { auth: proxied }, { auth: { ...proxied, trustedProxy: { ...trustedProxy, allowUsers: ['anna'] } } }, true],
  ['another header', { auth: proxied }, { auth: { ...proxied, trustedProxy: { ...trustedProxy, userHeader: 'Remote-User' } } }, true],
  ['one proxy less', { auth: proxied, trustedProxies: ['::1'] }, { auth: proxied }, true],
  ['one proxy less, where none signs people in', { auth: token, trustedProxies: ['::1'] }, { auth: token }, false],
  ['settings of a proxy that no mode asks for', { auth: token }, { auth: { ...token, trustedProxy: { allowUsers: ['anna'] } } }, false],
]

it.each(cases)('%s', (_, before, after, changed) => {
  expect(signInChanged(configOf(before), configOf(after))).toBe(changed)
})
