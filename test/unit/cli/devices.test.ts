import { describe, expect, it } from 'vitest'
import { findDevice } from '../../../src/cli/find-device.ts'
import { renderDevices, renderRevoked } from '../../../src/cli/render/devices.ts'
import type { Device } from '../../../src/lib/protocol/pairing-api.ts'

const now = Date.parse('2026-11-24T12:00:00Z')

function device(id: string, name: string, change: Partial<Device> = {}): Device {
  return {
    id,
    name,
    platform: null,
    kind: 'app',
    scopes: ['read', 'run'],
    baseUrl: null,
    pairedAt: '2026-11-24T11:00:00Z',
    lastSeenAt: null,
    lastIp: null,
    lastIngress: null,
    ...change,
  }
}

const devices = [device('3f2a0001', 'Pixel'), device('3f2b0002', 'Tablet'), device('aaaa0003', 'Tablet'), device('Pixel', 'Laptop')]

describe('what is typed as a device', () => {
  it.each([
    ['3f2a0001', ['3f2a0001']],
    ['3f2a', ['3f2a0001']],
    ['a', ['aaaa0003']],
    ['Laptop', ['Pixel']],
    // A whole id is that device, whatever others are called.
    ['Pixel', ['Pixel']],
    ['3f2', ['3f2a0001', '3f2b0002']],
    ['Tablet', ['3f2b0002', 'aaaa0003']],
    ['tablet', []],
    ['zzz', []],
    ['', []],
  ])('%j', (given, wanted) => {
    const meant = findDevice(devices, given)
    const found = meant.kind === 'one' ? [meant.device] : meant.kind === 'several' ? meant.devices : []
    expect(found.map(({ id }) => id)).toEqual(wanted)
    expect(meant.kind).toBe((['none', 'one'] as const)[wanted.length] ?? 'several')
  })
})

describe('the list', () => {
  it.each<[string, Device[], boolean, RegExp]>([
    ['nobody', [], true, /No device has joined yet\.\n\nNext: xopc pair/],
    ['nobody, without a gateway', [], false, /not running[^]*Next: xopc gateway/],
    ['one that was never seen', [device('3f2a0001-77', 'Pixel')], true, /3f2a0001 +Pixel +app +read run +1 hour ago +never/],
    [
      'by which door and from where',
      [device('3f2a0001', 'Pixel', { lastSeenAt: '2026-11-24T11:59:00Z', lastIp: '203.0.113.9', lastIngress: 'lan' })],
      true,
      /1 minute ago, from 203\.0\.113\.9 by lan/,
    ],
    [
      'ids that begin alike are told apart',
      [device('3f2a0001-77', 'A'), device('3f2a0001-88', 'B')],
      true,
      /3f2a0001-77 +A[^]*3f2a0001-88 +B/,
    ],
  ])('%s', (_, given, running, wanted) => {
    expect(renderDevices(given, { running, columns: 160, now }).join('\n')).toMatch(wanted)
  })

  it('shows nothing that a terminal obeys', () => {
    const text = renderDevices([device('3f2a0001', 'x\u001b[2J\u202e', { platform: '\u0007y' })], {
      running: true,
      columns: 160,
      now,
    }).join('\n')
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  })
})

it.each([
  [[], true, 'There was no device to revoke.'],
  [['Pixel'], true, 'Revoked: “Pixel”; what it had open was closed.'],
  [['Pixel', 'Tablet'], true, 'Revoked: “Pixel”, “Tablet”; what they had open was closed.'],
  [['Pixel', 'Tablet'], false, 'Revoked: “Pixel”, “Tablet”; they stay out when the gateway starts.'],
])('revoked %j (running: %s)', (names, running, wanted) => {
  expect(renderRevoked(names, running)[0]).toBe(wanted)
})
