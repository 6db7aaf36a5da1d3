import { describe, expect, it } from 'vitest'
import { addressesFor, authorityOf, type LocalAddress, noteOf, reachOf } from '../../../src/lib/access/lan/addresses.ts'

function local(address: string, name = 'eth0', kind: LocalAddress['kind'] = 'physical'): LocalAddress {
  return { address, interface: name, kind }
}

describe('who reaches an address', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.0.0.5', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.254', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.20', 'private'],
    ['fd12::5', 'private'],
    ['::ffff:192.168.1.20', 'private'],
    ['169.254.7.7', 'link'],
    ['100.64.0.1', 'tailnet'],
    ['100.127.255.254', 'tailnet'],
    ['100.128.0.1', 'public'],
    ['fd7a:115c:a1e0::53', 'tailnet'],
    ['203.0.114.9', 'public'],
    ['2a01:4f8::1', 'public'],
    ['fe80::1', null],
    ['fe80::1%eth0', null],
    ['0.0.0.0', null],
    ['::', null],
    ['224.0.0.251', null],
    ['not an address', null],
  ])('%s: %s', (address, reach) => {
    expect(reachOf(address)).toBe(reach)
  })
})

const laptop: LocalAddress[] = [
  local('127.0.0.1', 'lo', 'loopback'),
  local('::1', 'lo', 'loopback'),
  local('172.17.0.1', 'docker0', 'virtual'),
  local('100.101.102.103', 'tailscale0', 'vpn'),
  local('fd7a:115c:a1e0::1', 'tailscale0', 'vpn'),
  local('10.8.0.2', 'wg0', 'vpn'),
  local('169.254.9.9', 'eth1'),
  local('fe80::abcd', 'wlan0'),
  local('fd00::20', 'wlan0'),
  local('192.168.1.20', 'wlan0'),
  local('203.0.114.9', 'eth2'),
  local('2a01:4f8::1', 'eth2'),
]

describe('the addresses that a bind means', () => {
  it.each([
    ['loopback', []],
    ['lan', ['192.168.1.20', 'fd00::20', '169.254.9.9', '10.8.0.2', '172.17.0.1']],
    ['tailnet', ['100.101.102.103', 'fd7a:115c:a1e0::1']],
    ['192.168.1.20', ['192.168.1.20']],
    ['fd00:0:0::20', ['fd00::20']],
    ['203.0.114.9', ['203.0.114.9']],
    ['192.168.1.99', []],
    ['127.0.0.1', []],
    ['0.0.0.0', ['192.168.1.20', '203.0.114.9', '169.254.9.9', '10.8.0.2', '100.101.102.103', '172.17.0.1']],
    [
      '::',
      [
        '192.168.1.20',
        'fd00::20',
        '203.0.114.9',
        '2a01:4f8::1',
        '169.254.9.9',
        '10.8.0.2',
        '100.101.102.103',
        'fd7a:115c:a1e0::1',
        '172.17.0.1',
      ],
    ],
  ])('%s', (bind, addresses) => {
    expect(addressesFor(bind, laptop).map(({ address }) => address)).toEqual(addresses)
  })

  it('are none on a computer without a network', () => {
    expect(addressesFor('lan', laptop.slice(0, 2))).toEqual([])
  })
})

describe('notes', () => {
  it.each([
    [local('192.168.1.20'), null],
    [local('172.17.0.1', 'docker0', 'virtual'), 'docker0'],
    [local('10.8.0.2', 'wg0', 'vpn'), 'VPN'],
    [local('169.254.9.9'), 'router'],
    [local('203.0.114.9'), 'internet'],
  ])('of %o', (address, part) => {
    if (part === null) expect(noteOf(address)).toBeNull()
    else expect(noteOf(address)).toContain(part)
  })
})

it('IPv6 addresses stand in brackets', () => {
  expect([authorityOf('192.168.1.5', 80), authorityOf('fd00::5', 80)]).toEqual(['192.168.1.5:80', '[fd00::5]:80'])
})
