import { expect, it } from 'vitest'
import { isSafeFrp } from '../../../src/lib/binaries/frp-version.ts'

it.each([
  ['0.68.1', true],
  ['0.71.0', true],
  ['v24.15.0', false],
  ['1.0.0', true],
  ['0.68.10', true],
  ['0.68.0', false],
  ['0.9.9', false],
  ['0.67.99', false],
  ['', false],
  ['0.71', false],
  ['0.71.0-evil', false],
  ['latest', false],
])('frp %s is new enough: %s (attack A74)', (version, safe) => {
  expect(isSafeFrp(version)).toBe(safe)
})
