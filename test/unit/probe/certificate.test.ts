import { describe, expect, it } from 'vitest'
import { aimAt } from '../../../src/lib/probe/aim.ts'
import type { Shown } from '../../../src/lib/probe/certificate.ts'
import { type Handshake, judgeCertificate } from '../../../src/lib/probe/stages/certificate-faults.ts'

const aim = aimAt('https://gateway.example.com')
const day = 86_400_000
const now = Date.parse('2026-11-24T12:00:00Z')
const leaf = { subject: 'gateway.example.com', issuer: 'R11', validFrom: now - 10 * day, validTo: now + 80 * day }
const middle = { subject: 'R11', issuer: 'ISRG Root X1', validFrom: now - 900 * day, validTo: now + 900 * day }

const shown = (change: Partial<Shown> = {}): Shown => ({
  leaf,
  names: ['gateway.example.com'],
  fits: true,
  selfSigned: false,
  chain: [middle],
  refusal: null,
  culprit: { program: null, evidence: null },
  ...change,
})
const handshake = (change: Partial<Shown> = {}, server: Handshake['server'] = null): Handshake => ({
  protocol: 'TLSv1.3',
  now,
  shown: shown(change),
  server,
})
const clock = (at: number): Handshake['server'] => ({ clock: at, culprit: { program: 'nginx', evidence: 'Server: nginx' } })

describe('a certificate', () => {
  it.each<[what: string, given: Handshake, faults: string[], says: RegExp]>([
    ['self-signed', handshake({ selfSigned: true, refusal: 'DEPTH_ZERO_SELF_SIGNED_CERT', chain: [] }), ['selfSigned'], /self-signed/],
    [
      'self-signed, known by its own signature though OpenSSL tells the date',
      handshake({ selfSigned: true, refusal: 'CERT_HAS_EXPIRED', leaf: { ...leaf, validTo: now - day } }),
      ['selfSigned', 'expired'],
      /self-signed.*; it is also expired/,
    ],
    ['expired', handshake({ refusal: 'CERT_HAS_EXPIRED', leaf: { ...leaf, validTo: now - day } }), ['expired'], /expired on 2026-11-23/],
    [
      'expired, and the server agrees on the time',
      handshake({ refusal: 'CERT_HAS_EXPIRED', leaf: { ...leaf, validTo: now - day } }, clock(now + 20_000)),
      ['expired'],
      /expired/,
    ],
    [
      'good by the server’s clock',
      handshake({ refusal: 'CERT_HAS_EXPIRED', leaf: { ...leaf, validTo: now - day } }, clock(now - 5 * day)),
      ['wrongClock'],
      /One of two clocks is wrong/,
    ],
    [
      'bad by both clocks',
      handshake({ refusal: 'CERT_HAS_EXPIRED', leaf: { ...leaf, validTo: now - day } }, clock(now + 5 * day)),
      ['expired'],
      /expired/,
    ],
    [
      'not valid yet',
      handshake({ refusal: 'CERT_NOT_YET_VALID', leaf: { ...leaf, validFrom: now + day } }),
      ['notYetValid'],
      /not valid before 2026-11-25 12:00 UTC/,
    ],
    [
      'for another name',
      handshake({ fits: false, names: ['a.example', 'b.example'] }),
      ['wrongName'],
      /is for a\.example, b\.example, and not for gateway\.example\.com/,
    ],
    [
      'for many other names',
      handshake({ fits: false, names: [...'abcdefgh'].map((each) => `${each}.example`) }),
      ['wrongName'],
      /e\.example and 3 more, and not/,
    ],
    ['for no name', handshake({ fits: false, names: [] }), ['wrongName'], /for no name at all/],
    [
      'without its chain',
      handshake({ refusal: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', chain: [] }),
      ['incomplete'],
      /without the rest of the chain: the certificate of “R11”/,
    ],
    [
      'of an unknown root that is served',
      handshake({ refusal: 'SELF_SIGNED_CERT_IN_CHAIN' }),
      ['unknownAuthority'],
      /comes from “ISRG Root X1”/,
    ],
    [
      'of an unknown root that is not served',
      handshake({ refusal: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }),
      ['unknownAuthority'],
      /comes from “ISRG Root X1”/,
    ],
    [
      'whose intermediate expired',
      handshake({ refusal: 'CERT_HAS_EXPIRED', chain: [{ ...middle, validTo: now - day }] }),
      ['chainDates'],
      /certificate of “R11” in the chain is out of date/,
    ],
    ['refused for something else', handshake({ refusal: 'CERT_SIGNATURE_FAILURE' }), ['other'], /\(CERT_SIGNATURE_FAILURE\)/],
    [
      'with a date that is none',
      handshake({ refusal: 'CERT_HAS_EXPIRED', leaf: { ...leaf, validTo: Number.NaN } }),
      ['chainDates'],
      /out of date/,
    ],
  ])('%s', (_, given, faults, says) => {
    const judged = judgeCertificate(aim, given)
    expect(judged).toMatchObject({ status: 'fail', code: 'TLS_INVALID', facts: { faults } })
    expect(judged.detail).toMatch(says)
    expect(judged.detail).toMatch(/^[^\n]+\.$/)
    expect(judged.fix?.title ?? '').not.toBe('')
  })

  it('that is good passes, with until when', () => {
    expect(judgeCertificate(aim, handshake())).toMatchObject({
      status: 'pass',
      detail: 'The certificate for gateway.example.com from “R11” is good until 2027-02-12.',
    })
  })

  it.each<[life: number, left: number, status: string]>([
    [90, 30, 'pass'],
    [90, 8, 'warn'],
    [6, 2, 'pass'],
    [6, 0.5, 'warn'],
    [365, 30, 'warn'],
  ])('of %d days with %d left: %s', (life, left, status) => {
    const aged = { ...leaf, validFrom: now - (life - left) * day, validTo: now + left * day }
    expect(judgeCertificate(aim, handshake({ leaf: aged })).status).toBe(status)
  })

  it('that a program made by itself names the program and its own way out', () => {
    const culprit = { program: 'Caddy', evidence: 'certificate of “Caddy Local Authority - ECC Intermediate”' }
    const judged = judgeCertificate(aim, handshake({ refusal: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', culprit }))
    expect(judged).toMatchObject({ culprit, fix: { title: expect.stringContaining('tls internal') } })
  })
})
