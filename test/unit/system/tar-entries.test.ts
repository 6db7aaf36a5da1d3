import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type TarEntry, tarEntries, unzipped } from '../../../src/lib/system/tar-entries.ts'
import { TarFault } from '../../../src/lib/system/tar-header.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { paxRecords, tarGz } from '../../support/tar.ts'
import { gunzipSync } from 'node:zlib'

/** In pieces of a length. */
async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function read(chunks: AsyncIterable<Buffer>, wanted: (entry: TarEntry) => boolean = () => true) {
  const found: [string, string, string][] = []
  for await (const entry of tarEntries(chunks)) {
    const body: Buffer[] = []
    if (wanted(entry)) for await (const piece of entry.body) body.push(piece)
    found.push([entry.name, entry.kind, Buffer.concat(body).toString()])
  }
  return found
}

const sample = tarGz([
  { name: 'a/', type: '5' },
  { name: 'a/one', content: 'first' },
  { name: 'a/link', type: '2', link: 'one' },
  paxRecords({ path: 'a/two with ümlaut', mtime: '12.5', size: '1000' }),
  { name: 'short', content: 'x'.repeat(1000) },
  paxRecords({ comment: 'of all' }, 'g'),
  { name: 'a/empty' },
  { name: 'a/whole', content: 'y'.repeat(512) },
])
const plain = gunzipSync(sample.bytes)
const entries: [string, string, string][] = [
  ['a/', 'folder', ''],
  ['a/one', 'file', 'first'],
  ['a/link', 'link', ''],
  ['a/two with ümlaut', 'file', 'x'.repeat(1000)],
  ['a/empty', 'file', ''],
  ['a/whole', 'file', 'y'.repeat(512)],
]

describe('a tar', () => {
  it.each([1, 7, 511, 512, 513, 100_000])('is read in pieces of %d bytes', async (length) => {
    expect(await read(pieces(plain, length))).toEqual(entries)
  })

  it('is read past what nobody wants', async () => {
    const found = await read(pieces(plain, 700), ({ name }) => name === 'a/whole')
    expect(found.map(([name]) => name)).toEqual(entries.map(([name]) => name))
    expect(found.at(-1)?.[2]).toBe('y'.repeat(512))
  })

  it.each(['gnu', 'ustar', 'pax', 'posix'])('of the system’s own tar (%s) is read', async (format) => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'frp'))
    await writeFile(join(folder, 'frp', 'frpc'), 'z'.repeat(3000))
    execFileSync('tar', [`--format=${format}`, '-zcf', 'a.tar.gz', 'frp'], { cwd: folder })
    expect(await read(unzipped(join(folder, 'a.tar.gz'), 1_000_000))).toEqual([
      ['frp/', 'folder', ''],
      ['frp/frpc', 'file', 'z'.repeat(3000)],
    ])
  })

  it('that is cut anywhere is refused', async () => {
    // The last block of zeros only fills up.
    for (let end = 0; end < plain.length - 1024; end += 97)
      await expect(read(pieces(plain.subarray(0, end), 512)), String(end)).rejects.toThrow(TarFault)
  })

  it.each([
    ['a header with another sum', (bytes: Buffer) => bytes.fill('z', 512, 515)],
    ['another magic', (bytes: Buffer) => bytes.fill('z', 512 + 257, 512 + 262)],
    ['a length that is no number', (bytes: Buffer) => bytes.fill('z', 512 + 124, 512 + 130)],
  ])('with %s is refused', async (_, change) => {
    await expect(read(pieces(change(Buffer.from(plain)), 512))).rejects.toThrow(TarFault)
  })

  it.each([
    ['holes', { 'GNU.sparse.major': '1' }],
    ['a length that is no number', { size: '-1' }],
    ['a length too long for numbers', { size: '9'.repeat(30) }],
  ])('with records of %s is refused', async (_, records) => {
    const { bytes } = tarGz([paxRecords(records), { name: 'a', content: 'x' }])
    await expect(read(pieces(gunzipSync(bytes), 512))).rejects.toThrow(TarFault)
  })

  it.each(['5 a=b\n', '99 a=b\n', 'x a=b\n', '6 a=b', '0 a=b\n', ' '])('with the records %j is refused', async (content) => {
    const { bytes } = tarGz([
      { name: 'records', type: 'x', content },
      { name: 'a', content: 'x' },
    ])
    await expect(read(pieces(gunzipSync(bytes), 512))).rejects.toThrow(TarFault)
  })

  it('of any bytes ends, with what it is or with a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4000 }), fc.nat(plain.length - 1), async (noise, at) => {
        const bytes = Buffer.concat([plain.subarray(0, at), noise])
        await read(pieces(bytes, 600)).catch((error: unknown) => expect(error).toBeInstanceOf(TarFault))
      }),
      { numRuns: 200 },
    )
  })
})

describe('a gzip file', () => {
  it.each([
    ['is none', () => Buffer.from('hello, this is no gzip')],
    ['ends early', () => sample.bytes.subarray(0, -20)],
    ['has another sum', () => Buffer.from(sample.bytes).fill(0, sample.bytes.length - 8)],
    ['is empty', () => Buffer.alloc(0)],
  ])('that %s is refused', async (_, made) => {
    const path = join(await tempFolder(), 'a.gz')
    await writeFile(path, made())
    await expect(read(unzipped(path, 1_000_000))).rejects.toThrow(TarFault)
  })

  it('that unpacks to more than it may is refused', async () => {
    const path = join(await tempFolder(), 'a.gz')
    await writeFile(path, tarGz([{ name: 'a', content: Buffer.alloc(2_000_000) }]).bytes)
    await expect(read(unzipped(path, 1_000_000))).rejects.toThrow('it unpacks to more than 1000000 bytes')
  })
})
