import jsqr from 'jsqr'
import { describe, expect, it } from 'vitest'
import { renderPairing, renderPairingEnd } from '../../../src/cli/render/pairing.ts'
import { qrOf } from '../../../src/lib/core/qr.ts'
import type { Device, PairingCode } from '../../../src/lib/protocol/pairing-api.ts'
import { terminalPixels, themes } from '../../support/terminal-pixels.ts'

const app = `xopc://gateway/mobile-connect?v=2&sid=${'a'.repeat(36)}&baseUrl=https%3A%2F%2Fgateway.example.com&ps=${'x'.repeat(43)}`
const browser = `https://gateway.example.com/xopc/pair#ps=${'y'.repeat(43)}`

const phone: Device = {
  id: '3f2a',
  name: 'Pixel',
  platform: 'android',
  kind: 'app',
  scopes: ['read', 'run'],
  baseUrl: 'https://gateway.example.com',
  pairedAt: '2026-11-24T12:00:00Z',
  lastSeenAt: '2026-11-24T12:00:00Z',
  lastIp: '203.0.113.9',
  lastIngress: 'local',
}

async function code(change: Partial<PairingCode> = {}): Promise<PairingCode> {
  return {
    id: 'a',
    state: 'waiting',
    expiresAt: '2026-11-24T12:05:00Z',
    scopes: ['read', 'run'],
    name: null,
    baseUrl: 'https://gateway.example.com',
    lanUrl: null,
    links: { app, browser },
    qr: { app: await qrOf(app), browser: await qrOf(browser) },
    device: null,
    ...change,
  }
}

const wide = { browser: false, fingerprint: 'SHA256:abc', live: true, columns: 120, rows: 60, textColumns: 120 }

describe('the code in a terminal', () => {
  it.each([
    ['dark', false, app],
    ['light', false, app],
    ['dark', true, browser],
    ['light', true, browser],
  ] as const)('is read by a scanner from a %s one (browser: %s)', async (theme, forBrowser, link) => {
    const lines = renderPairing(await code(), { ...wide, browser: forBrowser })
    const { data, width, height } = terminalPixels(lines.join('\n'), { columns: 120, theme: themes[theme] })
    expect(jsqr.default(data, width, height, { inversionAttempts: 'dontInvert' })?.data).toBe(link)
    expect(lines.at(-1)).toBe(link)
  })

  it.each([
    ['no terminal', { live: false }, /shown in a terminal/],
    ['too narrow', { columns: 60 }, /too small[^]*columns/],
    ['too low', { rows: 24 }, /too small[^]*lines/],
  ])('%s: the link and a hint, and no picture', async (_, change, hint) => {
    const lines = renderPairing(await code(), { ...wide, ...change })
    expect(lines.join('\n')).toMatch(hint)
    expect(lines.join('')).not.toMatch(/[█▀▄\p{Cc}]/u)
    expect(lines.at(-1)).toBe(app)
  })

  it.each([
    [{}, /One phone with the app may join\. It may use this gateway and change nothing of it \(read, run\)\./],
    [{ name: 'Anna\u001b[2J\u202e' }, /join as “Anna[^\p{Cc}\p{Cf}]*”/u],
    [{ scopes: ['read', 'run', 'pair', 'admin'] as const }, /change its settings and pair others/],
    [{ lanUrl: 'http://192.168.1.5:18790' }, /https:\/\/gateway\.example\.com, and in its own network http:\/\/192\.168\.1\.5:18790/],
  ])('says who may join, with what rights and by which addresses: %j', async (change, wanted) => {
    const { scopes, ...rest } = { scopes: undefined, ...change }
    const given = await code({ ...rest, ...(scopes && { scopes: [...scopes] }) })
    expect(renderPairing(given, wide).join('\n')).toMatch(wanted)
  })
})

it.each([
  [{ state: 'used', device: phone }, '“Pixel” (android) joined from 203.0.113.9, by the local door.'],
  [{ state: 'used', device: { ...phone, lastIp: null, lastIngress: null, platform: null } }, '“Pixel” joined.'],
  [{ state: 'used', device: null }, 'A device joined, and was revoked since.'],
  [{ state: 'revoked' }, 'Nobody joined within 12 seconds; the code was taken back.'],
  [{ state: 'expired' }, 'Nobody joined within 12 seconds; the code is over.'],
] as const)('how it ended: %j', async (change, wanted) => {
  // `as`: the table is read-only, and nobody writes to it.
  expect(renderPairingEnd(await code(change as Partial<PairingCode>), 12_000).join('\n')).toContain(wanted)
})
