import { createPublicKey, verify } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { openIdentity } from '../../../src/lib/identity/keypair.ts'
import { tempFolder } from '../../support/cleanup.ts'

const fresh = async () => ({ identity: join(await tempFolder(), 'identity.json') })

describe('the identity', () => {
  it('is made once, 0600, and stays', async () => {
    const paths = await fresh()
    const [first, second] = [await openIdentity(paths), await openIdentity(paths)]
    expect([second.gatewayId, second.publicKey]).toEqual([first.gatewayId, first.publicKey])
    expect((await stat(paths.identity)).mode & 0o777).toBe(0o600)
    expect(Object.keys(JSON.parse(await readFile(paths.identity, 'utf8')))).toEqual(['gatewayId', 'publicKey', 'privateKey'])
  })

  it('signs what its public key verifies, as Ed25519 over UTF-8', async () => {
    const signer = await openIdentity(await fresh())
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: signer.publicKey } })
    const signature = Buffer.from(signer.sign('["ü"]'), 'base64url')
    expect(verify(null, Buffer.from('["ü"]', 'utf8'), key, signature)).toBe(true)
    expect(verify(null, Buffer.from('["u"]', 'utf8'), key, signature)).toBe(false)
  })

  it('is one, also when many make it at once', async () => {
    const paths = await fresh()
    const all = await Promise.all(Array.from({ length: 20 }, async () => await openIdentity(paths)))
    expect(new Set(all.map(({ publicKey }) => publicKey)).size).toBe(1)
  })
})

describe('a broken identity is an error and stays as it is', () => {
  const other = 'A'.repeat(43)
  const cases: readonly (readonly [name: string, breakIt: (text: string) => string, reason: string])[] = [
    ['empty', () => '', 'it is empty'],
    ['half-written', (text) => text.slice(0, 90), 'not valid JSON'],
    ['not an object', () => 'null', 'not an object'],
    ['without its private key', (text) => JSON.stringify({ ...JSON.parse(text), privateKey: undefined }), 'privateKey is missing'],
    ['with an id that is none', (text) => JSON.stringify({ ...JSON.parse(text), gatewayId: 'x' }), 'gatewayId has the wrong form'],
    ['with a key that is too short', (text) => JSON.stringify({ ...JSON.parse(text), publicKey: 'abc' }), 'publicKey has the wrong form'],
    ['with keys of two files', (text) => JSON.stringify({ ...JSON.parse(text), publicKey: other }), 'do not belong together'],
  ]
  it.each(cases)('%s', async (_name, breakIt, reason) => {
    const paths = await fresh()
    await openIdentity(paths)
    const text = await readFile(paths.identity, 'utf8')
    const secret = /"privateKey": "(.{8})/.exec(text)?.[1] ?? ''
    expect(secret).toHaveLength(8)
    await writeFile(paths.identity, breakIt(text))
    const error: unknown = await openIdentity(paths).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'IDENTITY_BROKEN', message: expect.stringContaining(reason) })
    expect(inspect(error)).not.toContain(secret)
    expect(await readFile(paths.identity, 'utf8')).toBe(breakIt(text))
  })
})
