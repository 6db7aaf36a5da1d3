import { expect, it } from 'vitest'
import { networkOf } from '../../../src/lib/identity/network.ts'

it.each([
  ['203.0.113.9', '203.0.113.0/24'],
  ['::ffff:203.0.113.9', '203.0.113.0/24'],
  ['127.0.0.1', '127.0.0.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['2001:DB8:1:ffff::1', '2001:db8:1::/48'],
  ['2001:db8::1', '2001:db8:0::/48'],
  ['::1', '0:0:0::/48'],
  ['::3:4:5:6:7:8', '0:0:3::/48'],
  ['fe80::1%eth0', 'fe80:0:0::/48'],
  ['control', null],
  ['', null],
  ['not:an:address', null],
])('%s is of %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
