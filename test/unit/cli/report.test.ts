import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reportFailure } from '../../../src/cli/report.ts'
import { tempFolder } from '../../support/cleanup.ts'

describe('a bug in a command', () => {
  it('leaves its stack in the log, without the words that were typed after the command', async () => {
    const dir = await tempFolder()
    const context = { words: ['gateway', '--token', 'a-token-of-mine-000'], env: { XOPC_STATE_DIR: dir }, json: true }
    expect(await reportFailure(new TypeError('surprise'), context)).toBe(70)
    const log = await readFile(join(dir, 'logs/gateway.log'), 'utf8')
    expect(JSON.parse(log)).toMatchObject({ level: 'error', command: 'gateway' })
    expect(log).toContain('report.test.ts')
    expect(log).not.toContain('a-token-of-mine-000')
  })
})
