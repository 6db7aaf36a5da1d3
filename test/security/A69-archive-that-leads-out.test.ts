import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { prepareFrpc } from '../../src/lib/binaries/frpc.ts'
import { tempFolder } from '../support/cleanup.ts'
import { memberName, mirrorOf, releaseOf } from '../support/frp-releases.ts'
import { paxRecords, tarGz, type TarLine } from '../support/tar.ts'

// The digest is right in all of these: only the reader stands between the archive and the disk.

const script = '#!/bin/sh\necho 0.71.0\n'
const good: TarLine = { name: memberName, content: script }
const folder = memberName.replace(/\/frpc$/, '')

/** Fetches that archive; what is on the disk afterwards, below a folder that holds the state folder alone. */
async function fetched(lines: readonly TarLine[]) {
  const { bytes, sha256 } = tarGz(lines)
  const mirror = await mirrorOf(bytes)
  const around = await tempFolder()
  const wish = { state: { paths: { dir: join(around, 'inner', 'state') } }, env: mirror.env, fetch: true, release: releaseOf(sha256) }
  const outcome = await prepareFrpc(wish).then(
    ({ version }) => version,
    (error: unknown) => error,
  )
  const files = (await readdir(around, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory())
  return { outcome, files: files.map(({ name }) => name) }
}

const evil: [string, RegExp, TarLine[]][] = [
  ['a name that leads out, before it', /outside of itself/, [{ name: '../../../../../evil', content: 'x' }, good]],
  ['a name that leads out, behind it', /outside of itself/, [good, { name: `${folder}/../../evil`, content: 'x' }]],
  ['a name that ends above', /outside of itself/, [{ name: `${folder}/..`, type: '5' }, good]],
  ['an absolute name', /outside of itself/, [{ name: '/tmp/evil', content: 'x' }, good]],
  ['a name relative to a drive', /outside of itself/, [{ name: 'C:evil', content: 'x' }, good]],
  ['the separators of Windows', /outside of itself/, [{ name: String.raw`..\..\evil`, content: 'x' }, good]],
  ['a record that leads out', /outside of itself/, [paxRecords({ path: '../../evil' }), { name: 'plain', content: 'x' }, good]],
  ['a symbolic link in its place', /is a link/, [{ name: memberName, type: '2', link: '/bin/sh' }]],
  ['a symbolic link in its place, then the file', /is a link/, [{ name: memberName, type: '2', link: '../evil' }, good]],
  ['a hard link in its place', /is a link/, [{ name: memberName, type: '1', link: '/etc/passwd' }]],
  ['a device in its place', /is a special/, [{ name: memberName, type: '3' }]],
  ['a pipe in its place', /is a special/, [{ name: memberName, type: '6' }]],
  ['a folder in its place', /is a folder/, [{ name: memberName, type: '5' }]],
  ['the member twice', /twice/, [good, { name: memberName, content: '#!/bin/sh\necho evil\n' }]],
  ['the member twice, once by a record', /twice/, [good, paxRecords({ path: memberName }), { name: 'plain', content: script }]],
  ['a member that is too long', /has 63963136 bytes/, [{ name: memberName, content: 'x', size: 61 * 1024 * 1024 }]],
  ['one name for all', /for all its entries/, [paxRecords({ path: memberName }, 'g'), { name: 'plain', content: script }]],
  [
    'a long name of GNU',
    /a kind that is not read/,
    [
      { name: '././@LongLink', type: 'L', content: `${memberName}\0` },
      { name: 'plain', content: script },
    ],
  ],
  ['no member', /does not hold/, [{ name: `${folder}/frps`, content: script }]],
]

describe('an archive with', () => {
  it.each(evil)('%s is refused whole', async (_, message, lines) => {
    const { outcome, files } = await fetched(lines)
    expect(outcome).toMatchObject({ code: 'FRPC_ARCHIVE_REFUSED', message: expect.stringMatching(message) })
    expect(files).toEqual([])
  })

  it('the member and other plain things gives the member alone', async () => {
    const others: TarLine[] = [
      { name: `${folder}/`, type: '5' },
      { name: `${folder}/frps`, content: 'x'.repeat(5000) },
      { name: `${folder}/link`, type: '2', link: '/etc/passwd' },
      { name: 'frpc', content: 'another' },
    ]
    const { outcome, files } = await fetched([...others, paxRecords({ mtime: '1.5' }), good, { name: `${folder}/LICENSE`, content: 'x' }])
    expect(outcome).toBe('0.71.0')
    expect(files.toSorted()).toEqual(['frpc', 'frpc.sha256'])
  })
})
