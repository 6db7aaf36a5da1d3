import { chmod, link, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  createExclusive,
  isProgram,
  look,
  lookThrough,
  readPart,
  readText,
  remove,
  writeAtomic,
  writeInPlace,
} from '../../../src/lib/system/files.ts'
import { tempFolder } from '../../support/cleanup.ts'

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('reading', () => {
  it('gives null for what is absent', async () => {
    const path = join(await tempFolder(), 'none')
    expect([await readText(path), await look(path), await lookThrough(path), await readPart(path, 0, 9)]).toEqual([null, null, null, null])
  })

  it('gives a part of a file, less at its end', async () => {
    const path = join(await tempFolder(), 'f')
    await writeFile(path, '0123456789')
    expect(String(await readPart(path, 3, 4))).toBe('3456')
    expect(String(await readPart(path, 8, 4))).toBe('89')
    expect(String(await readPart(path, 99, 4))).toBe('')
  })

  it('tells what is at a path, links followed or not', async () => {
    const folder = await tempFolder()
    await writeFile(join(folder, 'f'), 'abc', { mode: 0o640 })
    await symlink('f', join(folder, 'l'))
    expect(await look(join(folder, 'f'))).toMatchObject({ kind: 'file', size: 3, mode: 0o640, uid: process.geteuid?.() })
    expect((await look(join(folder, 'l')))?.kind).toBe('link')
    expect((await lookThrough(join(folder, 'l')))?.kind).toBe('file')
    expect((await look(folder))?.kind).toBe('folder')
  })
})

describe('what the system refuses becomes a code with a reason, the cause kept', () => {
  it.each([
    ['a folder read as a file', 'd', readText, 'FILE_NOT_READABLE', 'it is a folder', 'EISDIR'],
    ['a path through a file', 'f/x', readText, 'FILE_NOT_READABLE', 'a file, not a folder', 'ENOTDIR'],
    ['links in a circle', 'loop', readText, 'FILE_NOT_READABLE', 'in a circle', 'ELOOP'],
    ['a name that is too long', 'x'.repeat(300), readText, 'FILE_NOT_READABLE', 'too long', 'ENAMETOOLONG'],
    [
      'a write into a missing folder',
      'none/x',
      (path: string) => writeAtomic(path, ''),
      'FILE_NOT_WRITABLE',
      'folder does not exist',
      'ENOENT',
    ],
    ['a write over a folder', 'd', (path: string) => writeAtomic(path, ''), 'FILE_NOT_WRITABLE', '', 'EISDIR'],
    ['removing a folder', 'd', remove, 'FILE_NOT_WRITABLE', '', 'ERR_FS_EISDIR'],
  ] as const)('%s', async (_name, path, act, code, reason, cause) => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'd'))
    await writeFile(join(folder, 'f'), '')
    await symlink('loop', join(folder, 'loop'))
    await expect(act(join(folder, path))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(reason),
      hint: expect.stringContaining('ls -ld'),
      cause: { code: cause },
    })
  })
})

describe('writeAtomic', () => {
  it('makes a file of 0600, or of the mode asked for whatever the umask', async () => {
    const folder = await tempFolder()
    await writeAtomic(join(folder, 'a'), 'x')
    await writeAtomic(join(folder, 'b'), 'x', { mode: 0o666 })
    expect([await modeOf(join(folder, 'a')), await modeOf(join(folder, 'b'))]).toEqual([0o600, 0o666])
  })

  it('follows a link and leaves it a link', async () => {
    const folder = await tempFolder()
    await writeFile(join(folder, 'real'), 'old')
    await symlink('real', join(folder, 'l'))
    await writeAtomic(join(folder, 'l'), 'new')
    expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new')
    expect((await look(join(folder, 'l')))?.kind).toBe('link')
  })

  it('swaps a new file in: who reads the old one keeps it', async () => {
    const folder = await tempFolder()
    await writeFile(join(folder, 'f'), 'old')
    await link(join(folder, 'f'), join(folder, 'seen'))
    await writeAtomic(join(folder, 'f'), 'new')
    expect(await readFile(join(folder, 'seen'), 'utf8')).toBe('old')
  })

  it('leaves nothing behind, also when it fails', async () => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'd'))
    await writeAtomic(join(folder, 'f'), 'x')
    await expect(writeAtomic(join(folder, 'd'), 'x')).rejects.toThrow()
    expect((await readdir(folder)).toSorted()).toEqual(['d', 'f'])
  })

  it('writes everything of what is large', async () => {
    const path = join(await tempFolder(), 'f')
    const text = 'äöü😀'.repeat(500_000)
    await writeAtomic(path, text)
    expect(await readText(path)).toBe(text)
  })
})

describe('writeInPlace', () => {
  it.each(['', 'short', 'longer than before'])('leaves exactly the new text %j in the same file', async (text) => {
    const path = join(await tempFolder(), 'f')
    await writeFile(path, 'before')
    const { ino } = await stat(path)
    await writeInPlace(path, text)
    expect([await readFile(path, 'utf8'), (await stat(path)).ino]).toEqual([text, ino])
  })
})

describe('createExclusive', () => {
  it('creates once, and whole', async () => {
    const folder = await tempFolder()
    const path = join(folder, 'f')
    const texts = [...Array(20).keys()].map((number) => `${number}`.repeat(10_000))
    const won = await Promise.all(texts.map(async (text) => await createExclusive(path, text)))
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(await readText(path)).toBe(texts[won.indexOf(true)])
    expect([await readdir(folder), await modeOf(path)]).toEqual([['f'], 0o600])
  })

  it('does not follow a link that waits there', async () => {
    const folder = await tempFolder()
    await symlink('elsewhere', join(folder, 'f'))
    expect(await createExclusive(join(folder, 'f'), 'x')).toBe(false)
    expect(await readdir(folder)).toEqual(['f'])
  })
})

it('a program is a file that may be run', async () => {
  const folder = await tempFolder()
  await writeFile(join(folder, 'f'), '')
  expect(await isProgram(join(folder, 'f'))).toBe(false)
  await chmod(join(folder, 'f'), 0o755)
  expect([await isProgram(join(folder, 'f')), await isProgram(folder), await isProgram(join(folder, 'none'))]).toEqual([true, false, false])
})
