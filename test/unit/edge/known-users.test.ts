import { expect, it } from 'vitest'
import { createKnownUsers } from '../../../src/lib/gateway/edge/known-users.ts'

const HOUR = 3_600_000

it('a user is news once an hour from each client', () => {
  let time = 0
  const users = createKnownUsers({ clock: { now: () => time } })
  expect([users.isNews('sso:anna', '192.0.2.1'), users.isNews('sso:anna', '192.0.2.1')]).toEqual([true, false])
  expect(users.isNews('sso:anna', '192.0.2.2')).toBe(true)
  expect(users.isNews('sso:bert', '192.0.2.1')).toBe(true)
  time = HOUR - 1
  expect(users.isNews('sso:anna', '192.0.2.1')).toBe(false)
  time = HOUR
  expect([users.isNews('sso:anna', '192.0.2.1'), users.isNews('sso:anna', '192.0.2.1')]).toEqual([true, false])
})

it('no more than a thousand are remembered', () => {
  const users = createKnownUsers({ clock: { now: () => 0 } })
  for (let n = 0; n < 1_001; n++) users.isNews(`sso:${n}`, '192.0.2.1')
  expect([users.isNews('sso:1', '192.0.2.1'), users.isNews('sso:0', '192.0.2.1')]).toEqual([false, true])
})
