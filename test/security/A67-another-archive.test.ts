import { readdir } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { officialFrpc } from '../../src/lib/binaries/frpc-digests.ts'
import { prepareFrpc } from '../../src/lib/binaries/frpc.ts'
import { tempFolder } from '../support/cleanup.ts'
import { memberName, mirrorOf, releaseOf } from '../support/frp-releases.ts'
import { tarGz } from '../support/tar.ts'

const script = '#!/bin/sh\necho 0.71.0\n'
const digestOf = (bytes: string | Uint8Array) => ({ sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length })
const archive = tarGz([{ name: memberName, content: script }])
const other = tarGz([{ name: memberName, content: '#!/bin/sh\necho 0.71.0 # and more\n' }])

async function fetched(bytes: Uint8Array, release = releaseOf(archive.sha256)) {
  const dir = await tempFolder()
  const mirror = await mirrorOf(bytes)
  const outcome = await prepareFrpc({ state: { paths: { dir } }, env: mirror.env, fetch: true, release }).catch((error: unknown) => error)
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory())
  return { outcome, files: files.map(({ name }) => name) }
}

describe('what a server sends is compared with the digest in the source', () => {
  it.each([
    ['another archive', other.bytes],
    ['a page of a network login', Buffer.from('<!doctype html><title>Sign in</title>')],
    ['the beginning of it', archive.bytes.subarray(0, 50)],
    ['nothing', Buffer.alloc(0)],
    ['it, and more behind', Buffer.concat([archive.bytes, Buffer.from('x')])],
    ['the program without the archive', Buffer.from(script)],
  ])('%s is not read and not kept', async (_, bytes) => {
    const { outcome, files } = await fetched(bytes)
    expect(outcome).toMatchObject({
      code: 'FRPC_ARCHIVE_CHANGED',
      message: expect.stringMatching(new RegExp(`${digestOf(bytes).sha256}.*${archive.sha256} was expected`)),
    })
    expect(files).toEqual([])
  })

  it('by default with the official ones', async () => {
    expect(await fetched(archive.bytes, officialFrpc)).toMatchObject({ outcome: { code: 'FRPC_ARCHIVE_CHANGED' }, files: [] })
  })

  it('the right archive with another program in it is not kept either', async () => {
    const { outcome, files } = await fetched(archive.bytes, releaseOf(archive.sha256, digestOf('another')))
    expect(outcome).toMatchObject({ code: 'FRPC_ARCHIVE_REFUSED' })
    expect(files).toEqual([])
  })

  it('the right one is kept', async () => {
    const { outcome, files } = await fetched(archive.bytes, releaseOf(archive.sha256, digestOf(script)))
    expect(outcome).toMatchObject({ version: '0.71.0', warning: null })
    expect(files.toSorted()).toEqual(['frpc', 'frpc.sha256'])
  })
})
