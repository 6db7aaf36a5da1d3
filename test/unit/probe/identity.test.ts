import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { aimAt } from '../../../src/lib/probe/aim.ts'
import type { Arrival } from '../../../src/lib/probe/desk.ts'
import type { Reply } from '../../../src/lib/probe/reply.ts'
import { type IdentitySeen, judgeIdentity } from '../../../src/lib/probe/stages/identity.ts'
import { challengeMessage } from '../../../src/lib/protocol/signing.ts'
import { json, refusalOf, reply } from './replies.ts'

const aim = aimAt('https://gateway.example.com:8443')
const now = 1_000_000
const nonce = 'n'.repeat(43)
const own = gateway('11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa')
const other = gateway('22222222-bbbb-4bbb-8bbb-bbbbbbbbbbbb')
const arrival: Arrival = { ingress: 'local', host: 'gateway.example.com:8443' }

function gateway(gatewayId: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ format: 'jwk' }).x ?? ''
  return { gatewayId, publicKey: key, signs: (text: string) => sign(null, Buffer.from(text), privateKey).toString('base64url') }
}

function proof(by: ReturnType<typeof gateway>, change: Record<string, unknown> = {}, signature?: string): Reply {
  const payload = { gatewayId: by.gatewayId, publicKey: by.publicKey, nonce, origin: aim.origin, expiresAt: now + 30_000, ...change }
  const text = challengeMessage(payload)
  return json(200, { payload: { purpose: 'gateway-route-v1', ...payload }, signature: signature ?? by.signs(text) })
}

const seen = (given: Reply, arrived: Arrival | null = arrival): IdentitySeen => ({ asked: { reply: given }, arrival: arrived, nonce, now })

it('is proved by a fresh signature for this origin, once the challenge arrived here', () => {
  expect(judgeIdentity(aim, own, seen(proof(own)))).toMatchObject({ status: 'pass', facts: { ingress: 'local' } })
})

describe('is not proved', () => {
  it.each<[what: string, given: Reply, arrived: Arrival | null, code: string, says: RegExp]>([
    [
      'by another gateway',
      proof(other),
      null,
      'WRONG_GATEWAY',
      /Another xopc gateway answers there \(22222222…\), not this one \(11111111…\)/,
    ],
    ['by another gateway with our id', proof(other, { gatewayId: own.gatewayId }), null, 'WRONG_GATEWAY', /Another xopc gateway/],
    ['by a recorded answer of ours', proof(own, { nonce: 'm'.repeat(43) }), null, 'WRONG_GATEWAY', /a recorded reply/],
    ['by who claims to be us', proof(own, {}, other.signs('anything')), null, 'WRONG_GATEWAY', /cannot sign/],
    ['by a signature that is none', proof(own, {}, 'AAAA'), arrival, 'WRONG_GATEWAY', /cannot sign/],
    ['by a key that is none', proof(own, { publicKey: 'AAAA' }), arrival, 'WRONG_GATEWAY', /cannot sign/],
    ['for another origin', proof(own, { origin: 'https://other.example' }), arrival, 'WRONG_GATEWAY', /for another address/],
    ['for no origin', proof(own, { origin: undefined }), arrival, 'WRONG_GATEWAY', /for another address/],
    ['for the origin in another spelling', proof(own, { origin: `${aim.origin}/` }), arrival, 'WRONG_GATEWAY', /for another address/],
    ['by what has expired', proof(own, { expiresAt: now }), arrival, 'WRONG_GATEWAY', /for another time/],
    ['by what is good for longer than it may', proof(own, { expiresAt: now + 60_001 }), arrival, 'WRONG_GATEWAY', /for another time/],
    ['by a copy of our identity', proof(own), null, 'WRONG_GATEWAY', /a copy of this one’s identity/],
    ['by a web page', reply(200, { 'Content-Type': 'text/html' }, '<html>'), null, 'NOT_XOPC_GATEWAY', /a web page/],
    ['by other JSON', json(200, { ok: true }), null, 'NOT_XOPC_GATEWAY', /JSON of another kind/],
    ['by JSON with another purpose', json(200, { payload: { purpose: 'x' }, signature: '' }), null, 'NOT_XOPC_GATEWAY', /JSON/],
    ['by a refusal elsewhere', refusalOf(421, 'NOT_MY_ORIGIN'), null, 'WRONG_GATEWAY', /did not arrive here/],
    ['by a limit of another', refusalOf(429, 'RATE_LIMITED'), null, 'WRONG_GATEWAY', /did not arrive here/],
    [
      'under another name',
      refusalOf(421, 'NOT_MY_ORIGIN'),
      { ingress: 'local', host: '127.0.0.1:18790' },
      'HOST_REWRITTEN',
      /asked for gateway\.example\.com:8443, the gateway was asked for 127\.0\.0\.1:18790/,
    ],
    [
      'under another port',
      refusalOf(421, 'NOT_MY_ORIGIN'),
      { ingress: 'lan', host: 'gateway.example.com:9' },
      'HOST_REWRITTEN',
      /rewrites Host/,
    ],
    [
      'without its port',
      refusalOf(421, 'NOT_MY_ORIGIN'),
      { ingress: 'lan', host: 'gateway.example.com' },
      'HOST_REWRITTEN',
      /rewrites Host/,
    ],
    [
      'where we do not sign',
      refusalOf(421, 'NOT_MY_ORIGIN'),
      { ingress: 'lan', host: 'gateway.example.com:8443' },
      'HTTP_ERROR',
      /does not sign for/,
    ],
    ['where POST is refused', reply(405, { Server: 'nginx' }), null, 'HTTP_ERROR', /nginx refuses POST/],
    ['where a firewall refuses POST', reply(403, { Server: 'cloudflare' }), null, 'HTTP_ERROR', /Cloudflare refuses POST/],
    ['where POST is not passed on', reply(404, { Server: 'Caddy' }), null, 'HTTP_ERROR', /Caddy does not pass/],
    [
      'where a sign-in is before POST',
      reply(302, { Location: 'https://x.cloudflareaccess.com/l' }),
      null,
      'AUTH_BLOCKED',
      /Cloudflare Access/,
    ],
  ])('%s', (_, given, arrived, code, says) => {
    const judged = judgeIdentity(aim, own, seen(given, arrived))
    expect(judged).toMatchObject({ status: 'fail', code, detail: expect.stringMatching(says) })
    expect(judged.fix?.title ?? '').not.toBe('')
  })
})
