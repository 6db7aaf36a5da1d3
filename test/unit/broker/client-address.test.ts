import { expect, it } from 'vitest'
import { sourceOf } from '../../../src/lib/broker/client-address.ts'

it.each([
  ['127.0.0.1', undefined, '127.0.0.1'],
  ['127.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['127.0.0.1', '1.1.1.1, 203.0.113.7', '203.0.113.7'],
  ['::1', 'evil, 203.0.113.7 ', '203.0.113.7'],
  ['127.0.0.1', 'evil', '127.0.0.1'],
  ['127.0.0.1', '', '127.0.0.1'],
  ['198.51.100.1', '203.0.113.7', '198.51.100.1'],
  ['::ffff:198.51.100.1', undefined, '198.51.100.1'],
  ['::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
  ['127.0.0.1', '2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
  [undefined, undefined, 'unknown'],
])('%s forwarding for %s counts as %s', (peer, forwarded, source) => {
  expect(sourceOf(peer, forwarded)).toBe(source)
})
