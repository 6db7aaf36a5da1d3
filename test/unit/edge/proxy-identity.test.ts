import { describe, expect, it } from 'vitest'
import { type ConfigInput, configSchema } from '../../../src/lib/config/schema.ts'
import { identityDoors, identityHeaders, identityRules, judgeIdentity } from '../../../src/lib/gateway/edge/proxy-identity.ts'

const SECRET = '5ec2e7aa'.repeat(6)
type TrustedProxy = NonNullable<NonNullable<ConfigInput['gateway']>['auth']>['trustedProxy']

const configOf = (trustedProxy: TrustedProxy, mode: 'trusted-proxy' | 'token' = 'trusted-proxy') =>
  configSchema.parse({ gateway: { trustedProxies: ['127.0.0.1'], auth: { mode, trustedProxy } } })

/** What header lines come to, as `user`, a fault, or null. */
function judged(trustedProxy: TrustedProxy, lines: readonly string[], mayCompare = true) {
  const rules = identityRules(configOf(trustedProxy))
  if (rules === null) throw new Error('the mode is trusted-proxy')
  // As Node gives them: each byte of a value is one character.
  const raw = lines.flatMap((line) => {
    const at = line.indexOf(':')
    return [line.slice(0, at), Buffer.from(line.slice(at + 1).replaceAll(/^[ \t]+|[ \t]+$/g, '')).toString('latin1')]
  })
  const connection = lines.filter((line) => /^connection:/i.test(line)).map((line) => line.slice('connection:'.length).trim())
  const identity = judgeIdentity(rules, raw, connection.length === 0 ? undefined : connection.join(','), () => mayCompare)
  return identity === null ? null : (identity.fault ?? identity.user)
}

describe('the user header', () => {
  it.each([
    ['as configured', 'X-Forwarded-User: anna', 'anna'],
    ['in any case', 'x-fOrWaRdEd-uSeR: anna', 'anna'],
    ['with blanks around', 'X-Forwarded-User:   anna  ', 'anna'],
    ['with a blank inside', 'X-Forwarded-User: Anna Berg', 'Anna Berg'],
    ['an address', 'X-Forwarded-User: anna@example.com', 'anna@example.com'],
    ['in UTF-8', 'X-Forwarded-User: Žofie Nováková', 'Žofie Nováková'],
    ['of 256 bytes', `X-Forwarded-User: ${'a'.repeat(256)}`, 'a'.repeat(256)],
    ['of 257 bytes', `X-Forwarded-User: ${'a'.repeat(257)}`, 'user-unreadable'],
    ['of 129 letters of two bytes', `X-Forwarded-User: ${'é'.repeat(129)}`, 'user-unreadable'],
    ['with a comma', 'X-Forwarded-User: anna, root', 'user-unreadable'],
    ['with a comma alone', 'X-Forwarded-User: ,', 'user-unreadable'],
    ['with a tab inside', 'X-Forwarded-User: anna\troot', 'user-unreadable'],
    ['with a delete character', 'X-Forwarded-User: anna\u007f', 'user-unreadable'],
    ['with a C1 control', 'X-Forwarded-User: anna\u0085root', 'user-unreadable'],
    ['with a zero-width space', 'X-Forwarded-User: an\u200bna', 'user-unreadable'],
    ['turned round', 'X-Forwarded-User: \u202etoor', 'user-unreadable'],
    ['with a byte order mark', 'X-Forwarded-User: \ufeffanna', 'user-unreadable'],
    ['blank', 'X-Forwarded-User:', 'user-missing'],
    ['of a blank that is none in ASCII', 'X-Forwarded-User: \u00a0', 'user-unreadable'],
    ['of blanks', 'X-Forwarded-User:    ', 'user-missing'],
    ['as Caddy leaves it unfilled', 'X-Forwarded-User: {http.auth.user.id}', 'user-missing'],
    ['as Apache leaves it unfilled', 'X-Forwarded-User: (null)', 'user-missing'],
    ['unfilled in another style', 'X-Forwarded-User: %{REMOTE_USER}e', 'user-missing'],
    ['as a dash', 'X-Forwarded-User: -', 'user-missing'],
    ['with underscores', 'X_Forwarded_User: anna', null],
    ['with one underscore', 'X-Forwarded_User: anna', null],
    ['with dots', 'X.Forwarded.User: anna', null],
    ['as another header of identity', 'Remote-User: anna', null],
  ])('%s', (_, line, expected) => {
    expect(judged({}, [line])).toBe(expected)
  })

  it('in bytes that are no UTF-8 names nobody, so that one name has one spelling', () => {
    const rules = identityRules(configOf({}))
    if (rules === null) throw new Error('the mode is trusted-proxy')
    expect(judgeIdentity(rules, ['X-Forwarded-User', 'Jos\u00e9'], undefined, () => true)?.fault).toBe('user-unreadable')
  })

  it.each([
    ['twice', ['X-Forwarded-User: anna', 'X-Forwarded-User: root'], 'user-repeated'],
    ['twice the same', ['X-Forwarded-User: anna', 'x-forwarded-user: anna'], 'user-repeated'],
    ['twice, once blank', ['X-Forwarded-User:', 'X-Forwarded-User: anna'], 'user-repeated'],
    ['beside a spelling with underscores', ['X_Forwarded_User: root', 'X-Forwarded-User: anna'], 'anna'],
    ['named by Connection', ['Connection: close, X-Forwarded-User', 'X-Forwarded-User: anna'], null],
    ['named by a second Connection', ['Connection: keep-alive', 'Connection: x-forwarded-user', 'X-Forwarded-User: anna'], null],
    ['named by Connection with underscores', ['Connection: X_Forwarded_User', 'X-Forwarded-User: anna'], null],
    ['beside a Connection of the usual kind', ['Connection: keep-alive, Upgrade', 'X-Forwarded-User: anna'], 'anna'],
    ['in a head that may have been cut', [...Array(1_000).fill('a: b'), 'X-Forwarded-User: anna'], 'headers-cut'],
  ])('%s', (_, lines, expected) => {
    expect(judged({}, lines)).toBe(expected)
  })

  it('is the one that the owner named, and no other', () => {
    const corp = { userHeader: 'X-Corp-User' }
    expect(judged(corp, ['X-CORP-USER: anna', 'X-Forwarded-User: root'])).toBe('anna')
    expect(judged(corp, ['X-Forwarded-User: root'])).toBeNull()
  })
})

describe('the shared secret', () => {
  const user = 'X-Forwarded-User: anna'
  const given = `X-Xopc-Proxy-Secret: ${SECRET}`
  const wrong = 'X-Xopc-Proxy-Secret: another-secret-of-good-length'

  it.each([
    ['right', [user, given], 'anna'],
    ['in any case of its name', [user, given.toUpperCase().replace(SECRET.toUpperCase(), SECRET)], 'anna'],
    ['missing', [user], 'secret-missing'],
    ['wrong', [user, wrong], 'secret-wrong'],
    ['with one character more', [user, `${given}0`], 'secret-wrong'],
    ['blank', [user, 'X-Xopc-Proxy-Secret:'], 'secret-wrong'],
    ['twice', [user, given, given], 'secret-repeated'],
    ['right beside a wrong one', [user, wrong, given], 'secret-repeated'],
    ['with underscores', [user, given.replaceAll('-', '_')], 'secret-missing'],
    ['named by Connection', [user, given, 'Connection: X-Xopc-Proxy-Secret'], 'secret-missing'],
    ['right, with the user named by Connection', [user, given, 'Connection: X-Forwarded-User'], 'user-missing'],
    ['right, and nobody named', [given], 'user-missing'],
    ['wrong, and nobody named', [wrong], 'secret-wrong'],
    ['missing, and the user twice: no word of that', [user, user], 'secret-missing'],
    ['missing, and nobody named', [], null],
  ])('%s', (_, lines, expected) => {
    expect(judged({ sharedSecret: SECRET }, lines)).toBe(expected)
  })

  it('is not compared where that is not allowed', () => {
    expect(judged({ sharedSecret: SECRET }, [user, given], false)).toBe('secret-not-compared')
  })

  it('is of no interest where none is set', () => {
    expect(judged({}, [user, wrong], false)).toBe('anna')
    expect(judged({}, [wrong])).toBeNull()
  })
})

describe('required headers and allowed users', () => {
  const required = { requiredHeaders: ['X-Forwarded-Email', 'X-Corp-Tenant'] }
  const all = ['X-Forwarded-User: anna', 'X-Forwarded-Email: anna@example.com', 'X-Corp-Tenant: 7']

  it.each([
    ['all there', all, 'anna'],
    ['one missing', all.slice(0, 2), 'required-missing'],
    ['one blank', [...all.slice(0, 2), 'X-Corp-Tenant: '], 'required-missing'],
    ['one unfilled', [...all.slice(0, 2), 'X-Corp-Tenant: (null)'], 'required-missing'],
    ['one twice', [...all, 'x-corp-tenant: 8'], 'required-repeated'],
    ['one with underscores', [...all.slice(0, 2), 'X_Corp_Tenant: 7'], 'required-missing'],
    ['one named by Connection', [...all, 'Connection: x-corp-tenant'], 'required-missing'],
    ['all there but the user', all.slice(1), null],
  ])('%s', (_, lines, expected) => {
    expect(judged(required, lines)).toBe(expected)
  })

  it.each([
    ['anna', 'anna'],
    ['Anna', 'user-not-allowed'],
    ['anna ', 'anna'],
    ['annas', 'user-not-allowed'],
    ['Žofie', 'Žofie'],
    ['root', 'user-not-allowed'],
  ])('allowUsers compares exactly: %s', (user, expected) => {
    expect(judged({ allowUsers: ['anna', 'Žofie'] }, [`X-Forwarded-User: ${user}`])).toBe(expected)
  })
})

it('only these doors have proxies that may say who somebody is', () => {
  expect([...identityDoors].toSorted()).toEqual(['lan', 'local', 'proxy'])
})

describe('in other modes', () => {
  it('no header says who somebody is', () => {
    expect(identityRules(configOf({ sharedSecret: SECRET }, 'token'))).toBeNull()
  })

  it('the headers once named are kept from the app all the same', () => {
    const named = { userHeader: 'X-Corp-User', requiredHeaders: ['X-Corp-Tenant'] }
    for (const mode of ['trusted-proxy', 'token'] as const) {
      expect([...(identityHeaders(configOf(named, mode)) ?? [])]).toEqual(['x-corp-user', 'x-corp-tenant'])
    }
    expect(identityHeaders(configSchema.parse({}))).toBeNull()
  })
})
