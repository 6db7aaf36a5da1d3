import { describe, expect, it } from 'vitest'
import { newFrom } from '../../../src/cli/follow-log.ts'

describe('lines of a log that were not there before', () => {
  it.each<[string, string[], string[], string[]]>([
    ['nothing before', [], ['a', 'b'], ['a', 'b']],
    ['nothing at all', [], [], []],
    ['nothing new', ['a', 'b'], ['a', 'b'], []],
    ['some more', ['a', 'b'], ['a', 'b', 'c'], ['c']],
    ['a window that moved', ['a', 'b', 'c'], ['b', 'c', 'd', 'e'], ['d', 'e']],
    ['a window that moved by all but one', ['a', 'b', 'c'], ['c', 'd', 'e'], ['d', 'e']],
    ['a window that moved past', ['a', 'b'], ['c', 'd'], ['c', 'd']],
    ['a log that was begun anew', ['a', 'b', 'c'], ['x'], ['x']],
    ['a log that was emptied', ['a', 'b', 'c'], [], []],
    ['equal lines, one more', ['a', 'a'], ['a', 'a', 'a'], ['a']],
    ['equal lines at the end', ['x', 'a', 'a'], ['a', 'a', 'b'], ['b']],
    ['a line that looks like an old one', ['a', 'b'], ['b', 'a', 'b'], ['a', 'b']],
  ])('%s', (_what, before, now, fresh) => {
    expect(now.slice(newFrom(now, before))).toEqual(fresh)
  })
})
