import { expect, it } from 'vitest'
import { durationIn } from '../../../src/lib/protocol/duration.ts'

it.each([
  ['10s', 10_000],
  ['30m', 1_800_000],
  ['2h', 7_200_000],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
])('%s is %i ms', (text, ms) => {
  expect(durationIn(text)).toBe(ms)
})

it.each(['', '9s', '0h', '8d', '169h', '2', 'h', '2 h', '-2h', '2H', '1.5h', '2hours', '999999999h', '２h', 'NaN', '1e3s'])(
  '%j is none',
  (text) => {
    expect(durationIn(text)).toBeNull()
  },
)
