import { expect, it } from 'vitest'
import { createCounter } from '../../../src/lib/broker/limits.ts'

function counted(max: number, most = 10_000) {
  const clock = { time: 1000, now: () => clock.time }
  return { clock, counter: createCounter({ rule: { max, windowMs: 600 }, clock, most }) }
}

it('lets so many through in a window, and says how long the rest waits', () => {
  const { clock, counter } = counted(2)
  expect([counter.take('a'), counter.take('a'), counter.take('a'), counter.take('b')]).toEqual([0, 0, 600, 0])
  clock.time += 500
  expect(counter.take('a')).toBe(100)
  clock.time += 100
  expect(counter.take('a')).toBe(0)
})

it('forgets who was not seen for longest, and never grows past its bound', () => {
  const { counter } = counted(1, 100)
  counter.take('first')
  for (let number = 0; number < 1000; number++) {
    counter.take(`${number}`)
    counter.take('kept')
  }
  expect(counter.size()).toBe(100)
  expect(counter.take('kept')).toBeGreaterThan(0)
  expect(counter.take('first')).toBe(0)
})
