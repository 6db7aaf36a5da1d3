import { describe, expect, it } from 'vitest'
import { createTerminal } from '../../../src/cli/terminal.ts'

const tty = { stdin: { isTTY: true }, stdout: { isTTY: true, columns: 120 } }
const pipe = { stdin: {}, stdout: {} }

describe('a terminal', () => {
  it.each([
    ['a person', tty, {}, { interactive: true, live: true, coloured: true }],
    ['a person who wants no colour', tty, { NO_COLOR: '1' }, { interactive: true, live: true, coloured: false }],
    ['CI', tty, { CI: 'true' }, { interactive: false, live: false, coloured: false }],
    ['a dumb terminal', tty, { TERM: 'dumb' }, { interactive: false, live: false, coloured: false }],
    ['a pipe', pipe, {}, { interactive: false, live: false, coloured: false }],
    ['a pipe into it', { ...tty, stdin: {} }, {}, { interactive: false, live: true, coloured: true }],
  ])('of %s', (_, streams, env, wanted) => {
    const { interactive, live, bold } = createTerminal(streams, env)
    expect({ interactive, live, coloured: bold('x') !== 'x' }).toEqual(wanted)
  })

  it('has 80 columns where it does not say', () => {
    expect(createTerminal(pipe, {}).columns).toBe(80)
    expect(createTerminal({ stdin: {}, stdout: { isTTY: true, columns: 0 } }, {}).columns).toBe(80)
  })

  it.each([
    ['its edge', tty, {}, 120],
    ['no edge in CI', tty, { CI: 'true' }, Infinity],
    ['no edge in a pipe', pipe, {}, Infinity],
  ])('breaks sentences at %s', (_, streams, env, wanted) => {
    expect(createTerminal(streams, env).textColumns).toBe(wanted)
  })
})
