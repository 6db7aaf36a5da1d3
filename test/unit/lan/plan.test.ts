import { describe, expect, it } from 'vitest'
import type { LocalAddress } from '../../../src/lib/access/lan/addresses.ts'
import * as lan from '../../../src/lib/access/lan/plan.ts'
import { type Config, defaultConfig } from '../../../src/lib/config/schema.ts'

const wifi: LocalAddress = { address: '192.168.1.20', interface: 'wlan0', kind: 'physical' }
const docker: LocalAddress = { address: '172.17.0.1', interface: 'docker0', kind: 'virtual' }
const rented: LocalAddress = { address: '203.0.114.9', interface: 'eth0', kind: 'physical' }
const tailscale: LocalAddress = { address: '100.101.102.103', interface: 'tailscale0', kind: 'vpn' }
const loopback: LocalAddress = { address: '127.0.0.1', interface: 'lo', kind: 'loopback' }

function config(bind: string, mode: Config['gateway']['auth']['mode'] = 'token'): Config {
  const all = defaultConfig()
  return { ...all, gateway: { ...all.gateway, bind, auth: { ...all.gateway.auth, mode } } }
}

function facts(...addresses: LocalAddress[]): lan.LanFacts {
  return { addresses: [loopback, ...addresses] }
}

describe('whether the configuration asks for lan', () => {
  it.each([
    ['loopback', false],
    ['127.0.0.1', false],
    ['::1', false],
    ['lan', true],
    ['tailnet', true],
    ['0.0.0.0', true],
    ['192.168.1.20', true],
  ])('%s: %s', (bind, intended) => {
    expect(lan.intended(config(bind))).toBe(intended)
  })
})

describe('who could come', () => {
  it.each([
    ['lan', [wifi], 'lan'],
    ['lan', [], 'lan'],
    ['tailnet', [tailscale], 'tailnet'],
    ['100.101.102.103', [tailscale], 'tailnet'],
    ['0.0.0.0', [wifi], 'lan'],
    ['0.0.0.0', [wifi, rented], 'internet'],
    ['203.0.114.9', [rented], 'internet'],
    ['lan', [wifi, rented], 'lan'],
  ])('%s with %j: %s', (bind, addresses, audience) => {
    expect(lan.audience(config(bind), facts(...addresses))).toBe(audience)
  })

  it('is judged by the setting alone where nothing was looked at', () => {
    expect([lan.audience(config('203.0.114.9')), lan.audience(config('lan')), lan.audience(config('tailnet'))]).toEqual([
      'internet',
      'lan',
      'tailnet',
    ])
  })
})

describe('a refusal', () => {
  it.each([
    ['lan', 'none', [wifi], 'EXPOSURE_NEEDS_AUTH'],
    ['192.168.1.20', 'none', [wifi], 'EXPOSURE_NEEDS_AUTH'],
    ['192.168.1.99', 'token', [wifi], 'LAN_ADDRESS_NOT_AVAILABLE'],
    ['home', 'token', [wifi], 'ADDRESS_INVALID'],
    ['lan', 'token', [wifi], undefined],
    ['lan', 'token', [], undefined],
    ['0.0.0.0', 'password', [], undefined],
    ['192.168.1.20', 'token', [wifi], undefined],
  ] as const)('of %s with auth %s and %j: %s', (bind, mode, addresses, code) => {
    expect(lan.refusal(config(bind, mode), facts(...addresses))?.code).toBe(code)
  })

  it('names the addresses that are', () => {
    expect(lan.refusal(config('192.168.1.99'), facts(wifi, docker))?.hint).toBe(
      'Addresses that are: 192.168.1.20 (wlan0), 172.17.0.1 (docker0).',
    )
  })
})

describe('the plan', () => {
  it('is one listener for each address, the best first', () => {
    const { steps, refusal } = lan.plan(config('lan'), facts(docker, wifi))
    expect(steps[0]).toEqual({ title: 'listen on 192.168.1.20:18790' })
    expect(steps[1]?.title).toMatch(/^listen on 172\.17\.0\.1:18790 \(docker0 is a network of virtual machines/)
    expect(refusal).toBeUndefined()
  })

  it('of a computer without a network says what it waits for', () => {
    expect(lan.plan(config('lan'), facts())).toMatchObject({ steps: [], refusal: { code: 'LAN_NO_ADDRESS' } })
  })
})

describe('settings', () => {
  it.each([
    [{}, 'lan'],
    [{ address: '192.168.1.20' }, '192.168.1.20'],
    [{ address: 'fd00::5' }, 'fd00::5'],
    [{ address: '0.0.0.0' }, '0.0.0.0'],
  ])('of %o: %s', (options, bind) => {
    expect(lan.settingsOn(options)).toEqual({ 'gateway.bind': bind })
  })

  it.each(['127.0.0.1', '::1', 'lan', 'home.local', 'fe80::1%eth0', '', '192.168.1', '10.0.0.0/8', '224.0.0.1'])('refuse %j', (address) => {
    expect(() => lan.settingsOn({ address })).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }))
  })

  it('that change nothing leave the configuration the same', () => {
    const now = config('lan')
    expect(lan.proposed(now, { 'gateway.bind': 'lan' })).toBe(now)
    expect(lan.proposed(now, { 'gateway.port': 1 })).toBe(now)
    expect(lan.proposed(now, { 'gateway.bind': 'loopback' }).gateway.bind).toBe('loopback')
  })
})
