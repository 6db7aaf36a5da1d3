import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanText } from '../../../src/lib/protocol/outside-text.ts'

const cases: readonly (readonly [name: string, text: string, clean: string])[] = [
  ['plain text', 'Anna’s iPhone 15', 'Anna’s iPhone 15'],
  ['other scripts', 'Телефон 手机 हिन्दी', 'Телефон 手机 हिन्दी'],
  ['colours', 'a\u001b[31mred\u001b[0mb', 'aredb'],
  ['a title of the window', 'a\u001b]0;owned\u0007b', 'ab'],
  ['a title ended by ST', 'a\u001b]0;owned\u001b\\b', 'ab'],
  ['a link', '\u001b]8;;http://evil/\u0007text\u001b]8;;\u0007', 'text'],
  ['one-character CSI', 'a\u009b31mb', 'ab'],
  ['a device control string', 'a\u001bPq#0;2\u001b\\b', 'ab'],
  ['a sequence that never ends', 'a\u001b[31', 'a'],
  ['a title that never ends', 'a\u001b]0;owned', 'a'],
  ['a lonely escape', 'a\u001b', 'a'],
  ['line ends', 'one\r\ntwo\nthree', 'one two three'],
  ['forged log line', 'name\n{"level":"info"}', 'name {"level":"info"}'],
  ['backspaces', 'safe\b\b\b\bevil', 'safeevil'],
  ['bidi override', 'abc\u202egnp.exe', 'abcgnp.exe'],
  ['bidi isolates', '\u2066a\u2069', 'a'],
  ['zero width', 'pay\u200bpal\u200d\ufeff', 'paypal'],
  ['soft hyphen', 'pay\u00adpal', 'paypal'],
  ['tag characters', 'a\u{e0041}b', 'ab'],
  ['fillers that look empty', '\u3164\u115f', ''],
  ['a lone surrogate', 'a\ud800b', 'ab'],
  ['NUL and DEL', 'a\u0000b\u007fc', 'abc'],
  ['separators', 'a\u2028b', 'a b'],
  ['spaces around', '  a  ', 'a'],
]

describe('A93: text from outside', () => {
  it.each(cases)('is cleaned: %s', (_name, text, clean) => {
    expect(cleanText(text, 64)).toBe(clean)
  })

  it('is cut at the bound, counted in code points, and says so', () => {
    expect(cleanText('x'.repeat(65), 64)).toBe(`${'x'.repeat(63)}…`)
    expect(cleanText('😀'.repeat(64), 64)).toBe('😀'.repeat(64))
    expect([...cleanText('😀'.repeat(65), 64)]).toHaveLength(64)
    expect(cleanText('abc', 0)).toBe('')
  })

  it('is safe whatever comes', () => {
    const nasty = fc.constantFrom(
      '\u001b',
      '[',
      ']',
      '\u009b',
      '\u202e',
      '\u200b',
      '\ud800',
      '\n',
      '\u0007',
      '\\',
      'm',
      ';',
      '3',
      'é',
      '😀',
      '\u001b]',
      '\u001b[',
    )
    const texts = fc.oneof(
      fc.array(nasty).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(texts, fc.nat(80), (text, max) => {
        const clean = cleanText(text, max)
        expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u)
        expect([...clean].length).toBeLessThanOrEqual(max)
        expect(cleanText(clean, max)).toBe(clean)
      }),
      { numRuns: 2000 },
    )
  })

  it('takes no longer for hostile megabytes than for what can show', () => {
    const started = performance.now()
    for (const part of ['\u001b]', '\u001b[', '\u001bP', '\u202e', ' \n', 'a\u001b']) cleanText(part.repeat(1_000_000), 64)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})
