import { describe, expect, it } from 'vitest'
import { cliErrors } from '../../../src/cli/errors.ts'
import { toFailure } from '../../../src/cli/failure.ts'
import { XopcError } from '../../../src/lib/errors/error.ts'

const place = { command: 'lan on', log: '/state/logs/gateway.log' }

function oclifError(message: string, exit: number): Error {
  return Object.assign(new Error(message), { oclif: { exit } })
}

describe('the exit code of what a command threw', () => {
  it.each([
    ['an error of ours', new XopcError({ code: 'X', message: 'No.' }, { http: 400, exit: 3 }), 3, 'X'],
    ['an unknown flag', oclifError('Nonexistent flag: --chek\nSee more help with --help', 2), 2, 'USAGE'],
    ['an unknown command', cliErrors.UNKNOWN_COMMAND({ command: 'x', suggestion: 'xopc help' }), 2, 'UNKNOWN_COMMAND'],
    ['Ctrl-C at a prompt', Object.assign(new Error('closed'), { name: 'ExitPromptError' }), 130, null],
    ['a reader that left', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), 0, null],
    ['help that was shown', Object.assign(oclifError('EEXIT: 0', 0), { code: 'EEXIT' }), 0, null],
    ['a bug', new TypeError('x is not a function'), 70, 'UNEXPECTED'],
    ['something that is no error', 'text', 70, 'UNEXPECTED'],
  ])('%s', (_, error, exit, code) => {
    const failure = toFailure(error, place)
    expect([failure.exit, failure.info?.code ?? null]).toEqual([exit, code])
  })
})

describe('a usage error', () => {
  it('is one sentence and the help of the command', () => {
    const { info } = toFailure(oclifError('Nonexistent flag: --chek\nSee more help with --help', 2), place)
    expect(info).toMatchObject({ message: 'Nonexistent flag: --chek.', hint: 'Type `xopc lan on --help` to see what this command takes.' })
  })

  it('names a flag that is missing as it is typed', () => {
    const said = 'The following error occurred:\n  Missing required flag target\nSee more help with --help'
    expect(toFailure(oclifError(said, 2), place).info?.message).toBe('--target is missing.')
  })

  it('keeps a sentence that came without the word about help', () => {
    expect(toFailure(oclifError('Missing 1 required arg:\nfile  what to read', 2), place).info?.message).toBe('<file> is missing.')
  })
})

describe('a bug', () => {
  it('keeps the error for the log and names the log', () => {
    const bug = new TypeError('x is not a function\nsecond line')
    const failure = toFailure(bug, place)
    expect(failure.bug).toBe(bug)
    expect(failure.info?.message).toBe('Something went wrong that xopc did not expect: x is not a function. This is a bug in xopc.')
    expect(failure.info?.hint).toContain(place.log)
  })
})

describe('a broken configuration', () => {
  it('brings every problem along', () => {
    const problems = [{ path: 'gateway.port', line: 3, column: 5, code: 'CONFIG_WRONG_TYPE', message: 'No number.', severity: 'error' }]
    const error = Object.assign(new XopcError({ code: 'CONFIG_INVALID', message: 'Broken.' }, { http: 400, exit: 3 }), { problems })
    expect(toFailure(error, place)).toMatchObject({ exit: 3, info: { code: 'CONFIG_INVALID', problems } })
  })
})
