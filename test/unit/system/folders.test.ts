import { chmod, chown, mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemCode } from '../../../src/lib/system/file-errors.ts'
import { ensurePrivateDir, listFolder, requirePrivateDir, watchFolder } from '../../../src/lib/system/folders.ts'
import { tempFolder } from '../../support/cleanup.ts'

describe('a private folder', () => {
  const cases: readonly (readonly [name: string, prepare: (path: string) => Promise<unknown>, outcome: string, strict: string])[] = [
    ['absent', async () => {}, 'created', 'created'],
    ['there and private', (path) => mkdir(path, { mode: 0o700 }), 'kept', 'kept'],
    ['open to the group', (path) => mkdir(path).then(() => chmod(path, 0o750)), 'tightened', 'FOLDER_NOT_PRIVATE'],
    ['open to all', (path) => mkdir(path).then(() => chmod(path, 0o1777)), 'tightened', 'FOLDER_NOT_PRIVATE'],
    ['a link to a folder', (path) => symlink('.', path), 'FOLDER_NOT_PRIVATE', 'FOLDER_NOT_PRIVATE'],
    ['a link to nothing', (path) => symlink('none', path), 'FOLDER_NOT_PRIVATE', 'FOLDER_NOT_PRIVATE'],
    ['a file', (path) => writeFile(path, ''), 'FOLDER_NOT_PRIVATE', 'FOLDER_NOT_PRIVATE'],
    ["another user's", (path) => mkdir(path, { mode: 0o700 }).then(() => chown(path, 65_534, 65_534)), 'STATE_NOT_OURS', 'STATE_NOT_OURS'],
  ]
  const outcomeOf = (given: Promise<string>) => given.catch(systemCode)

  it.each(cases)('that is %s', async (_name, prepare, outcome, strict) => {
    const folder = await tempFolder()
    for (const [name, expected] of [
      ['lax', outcome],
      ['strict', strict],
    ] as const) {
      const path = join(folder, name)
      await prepare(path)
      expect(await outcomeOf(ensurePrivateDir(path, { strict: name === 'strict' }))).toBe(expected)
      if (/ed$|kept/.test(expected)) expect((await stat(path)).mode & 0o777).toBe(0o700)
    }
  })

  it('is never given rights that its owner took away', async () => {
    const path = join(await tempFolder(), 'd')
    await mkdir(path)
    await chmod(path, 0o555)
    expect(await ensurePrivateDir(path)).toBe('tightened')
    expect((await stat(path)).mode & 0o777).toBe(0o500)
  })

  it('is created with those above it, all private', async () => {
    const folder = await tempFolder()
    expect(await ensurePrivateDir(join(folder, 'a/b/c'))).toBe('created')
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700)
  })

  it('can be required without being made', async () => {
    const folder = await tempFolder()
    await requirePrivateDir(folder)
    await expect(requirePrivateDir(join(folder, 'none'))).rejects.toMatchObject({
      code: 'FOLDER_NOT_PRIVATE',
      message: expect.stringContaining('does not exist'),
    })
    await chmod(folder, 0o711)
    await expect(requirePrivateDir(folder)).rejects.toMatchObject({ code: 'FOLDER_NOT_PRIVATE', message: expect.stringContaining('711') })
    await chmod(folder, 0o700)
  })
})

it('lists a folder, or null', async () => {
  const folder = await tempFolder()
  await writeFile(join(folder, 'f'), '')
  expect([await listFolder(folder), await listFolder(join(folder, 'none'))]).toEqual([['f'], null])
})

it('tells of changes in a folder', async () => {
  const folder = await tempFolder()
  const { promise, resolve, reject } = Promise.withResolvers<string | null>()
  const stop = watchFolder(folder, resolve, reject)
  await writeFile(join(folder, 'new'), '')
  expect(await promise).toBe('new')
  stop()
  expect(() => watchFolder(join(folder, 'none'), resolve, reject)).toThrow(expect.objectContaining({ code: 'FILE_NOT_READABLE' }))
})
