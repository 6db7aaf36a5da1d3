import { describe, expect, it } from 'vitest'
import { registrationIn } from '../../../src/lib/broker/registration-body.ts'
import { testGateway } from '../../e2e/broker/gateway.ts'

const good = testGateway('http://127.0.0.1:7100/api').body()
const keyWithLooseBits = `${String(good['publicKey']).slice(0, -1)}${looser(String(good['publicKey']).at(-1) ?? 'A')}`

/** Another last letter of the same bytes: its last two bits mean nothing. */
function looser(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(letter) ^ 1] ?? letter
}

describe('a registration', () => {
  it('is taken as the protocol has it', () => {
    expect(registrationIn(good)).toEqual({ ok: good })
    expect(registrationIn({ ...good, preferredSubdomain: 'mine', recoveryToken: 'xopc_tt_1' })).toHaveProperty('ok')
  })

  it.each([
    ['an array', []],
    ['a string', 'version'],
    ['null', null],
    ['another version', { ...good, version: 1 }],
    ['a field more', { ...good, audience: 'x' }],
    ['no gateway id', { ...good, gatewayId: undefined }],
    ['a gateway id that is none', { ...good, gatewayId: 'x'.repeat(36) }],
    ['a key that is too short', { ...good, publicKey: String(good['publicKey']).slice(1) }],
    ['a second form of the same key', { ...good, publicKey: keyWithLooseBits }],
    ['a platform with spaces', { ...good, platform: 'linux x64' }],
    ['a version with a line end', { ...good, gatewayVersion: '1\n2' }],
    ['a nonce that is too short', { ...good, nonce: 'abc' }],
    ['a time that is text', { ...good, expiresAt: '1' }],
    ['a time that is a fraction', { ...good, expiresAt: 1.5 }],
    ['a name with a dot', { ...good, preferredSubdomain: 'a.b.c' }],
    ['a name in capitals', { ...good, preferredSubdomain: 'MINE' }],
    ['a name that is too short', { ...good, preferredSubdomain: 'www' }],
    ['a recovery token with a space', { ...good, recoveryToken: 'a b' }],
    ['a signature that is too long', { ...good, signature: `${String(good['signature'])}A` }],
  ])('is refused with %s', (_, body) => {
    expect(registrationIn(body)).toMatchObject({ refused: 'BAD_REQUEST' })
  })
})
