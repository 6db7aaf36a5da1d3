import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lastLines } from '../../../src/lib/core/log-lines.ts'

let dir = ''
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'xopc-log-'))))
afterAll(async () => await rm(dir, { recursive: true }))

async function written(name: string, text: string): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text)
  return path
}

function numbers(from: number, to: number, pad = 0): string {
  return Array.from({ length: to - from + 1 }, (_, at) => `${JSON.stringify({ n: from + at, pad: 'é'.repeat(pad) })}\n`).join('')
}

async function ns(path: string, lines: number): Promise<unknown[]> {
  return (await lastLines(path, lines)).map(({ n }) => n)
}

describe('the last lines of a log', () => {
  it.each([
    [0, []],
    [1, [9]],
    [3, [7, 8, 9]],
    [99, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [-5, []],
    [2.9, [8, 9]],
  ])('%d of nine', async (lines, expected) => {
    expect(await ns(await written('nine', numbers(1, 9)), lines)).toEqual(expected)
  })

  it('are found in a large file, characters whole where blocks meet', async () => {
    const path = await written('large', numbers(1, 2000, 100))
    const found = await lastLines(path, 1500)
    expect(found.map(({ n }) => n)).toEqual(Array.from({ length: 1500 }, (_, at) => at + 501))
    expect(found.every(({ pad }) => pad === 'é'.repeat(100))).toBe(true)
  })

  it('go on in the file that was rotated', async () => {
    const path = await written('rotated', numbers(8, 9))
    await written('rotated.1', numbers(1, 7))
    expect(await ns(path, 4)).toEqual([6, 7, 8, 9])
  })

  it('are none where there is no file, an empty one, or a link', async () => {
    const secret = await written('secret', numbers(1, 1))
    await symlink(secret, join(dir, 'link'))
    expect(await lastLines(join(dir, 'absent'), 5)).toEqual([])
    expect(await lastLines(await written('empty', ''), 5)).toEqual([])
    expect(await lastLines(join(dir, 'link'), 5)).toEqual([])
  })

  it('that are not whole are shown as they are', async () => {
    expect(await lastLines(await written('cut', '{"n":1}\n[1]\n{"n":'), 5)).toEqual([{ n: 1 }, { raw: '[1]' }, { raw: '{"n":' }])
  })
})
