import { describe, expect, it } from 'vitest'
import { challengeMessage, isNonce } from '../../../src/lib/protocol/signing.ts'

describe('identity challenge', () => {
  it('signs exactly the text of the contract', () => {
    const facts = { gatewayId: 'g', publicKey: 'k', nonce: 'n', expiresAt: 1 }
    expect(challengeMessage({ ...facts, origin: 'https://a.example' })).toBe('["xopc-gateway-route-v1","g","k","n","https://a.example",1]')
    expect(challengeMessage(facts)).toBe('["xopc-gateway-route-v1","g","k","n","",1]')
  })

  it.each([
    ['a'.repeat(31), false],
    ['a'.repeat(32), true],
    ['-_Zz09'.padEnd(64, 'x'), true],
    ['a'.repeat(65), false],
    [`${'a'.repeat(32)}\n`, false],
    [`${'a'.repeat(31)}ä`, false],
    [`${'a'.repeat(31)}"`, false],
    [undefined, false],
    [['a'.repeat(32)], false],
  ])('takes %j as a nonce: %s', (text, good) => {
    expect(isNonce(text)).toBe(good)
  })
})
