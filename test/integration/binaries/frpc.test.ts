import { chmod, copyFile, mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { officialFrpc } from '../../../src/lib/binaries/frpc-digests.ts'
import { frpcPlace, hasFrpc } from '../../../src/lib/binaries/frpc-place.ts'
import { prepareFrpc, type PrepareFrpc } from '../../../src/lib/binaries/frpc.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { hereTarget, releaseOf } from '../../support/frp-releases.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'

const here = { os: process.platform, arch: process.arch }

async function prepared(wish: Partial<PrepareFrpc> & { env?: NodeJS.ProcessEnv }) {
  const state = wish.state ?? { paths: { dir: await tempFolder() } }
  return await prepareFrpc({ fetch: false, ...wish, state, env: { ...process.env, ...wish.env } }).catch((error: unknown) => error)
}

/** A program of the test's own, named by the person. */
async function named(content: string | Uint8Array, mode = 0o700): Promise<string> {
  const path = join(await tempFolder(), 'frpc')
  await writeFile(path, content, { mode })
  await chmod(path, mode)
  return path
}
const fake = '#!/bin/sh\necho 0.71.0\n'
const as = async (path: string, more: Partial<PrepareFrpc> = {}) => await prepared({ ...more, env: { XOPC_FRPC_PATH: path } })

describe('a frpc that is not there', () => {
  it('is missing, and one on PATH is not taken', async () => {
    const folder = await tempFolder()
    await writeFile(join(folder, 'frpc'), fake, { mode: 0o755 })
    const dir = await tempFolder()
    const env = { PATH: `${folder}:${process.env['PATH']}` }
    expect(await prepared({ state: { paths: { dir } }, env })).toMatchObject({
      code: 'FRPC_MISSING',
      message: expect.stringContaining(frpcPlace(dir, '0.71.0', hereTarget)),
    })
    expect(await hasFrpc({ paths: { dir } }, env)).toBe(false)
  })

  it.each([
    ['win32', 'x64'],
    ['linux', 'riscv64'],
    ['freebsd', 'x64'],
  ])('is not to be had for %s on %s', async (os, arch) => {
    expect(await prepared({ computer: { os, arch }, fetch: true })).toMatchObject({ code: 'FRPC_UNSUPPORTED' })
  })
})

describe('a frpc that a person names', () => {
  it('is used, with a warning', async () => {
    const path = await named(fake)
    expect(await as(path)).toMatchObject({ program: path, version: '0.71.0', warning: { code: 'FRPC_NOT_PINNED' } })
    expect(await hasFrpc({ paths: { dir: '/nonexistent' } }, { XOPC_FRPC_PATH: path })).toBe(true)
  })

  it('may be a link, and belong to a group of one’s own', async () => {
    const path = await named(fake, 0o775)
    const link = join(await tempFolder(), 'link')
    await symlink(path, link)
    expect(await as(link)).toMatchObject({ program: path })
  })

  it.each([
    ['is not there', 'FRPC_PATH_MISSING', async () => '/nonexistent/frpc'],
    ['is a folder', 'FRPC_PATH_MISSING', () => tempFolder()],
    ['everybody may write to', 'FRPC_NOT_SAFE', () => named(fake, 0o777)],
    ['may not be run', 'FRPC_NOT_EXECUTABLE', () => named(fake, 0o600)],
    ['is a text', 'FRPC_WRONG_ARCHITECTURE', () => named('hello, I am no program. '.repeat(10))],
    ['is empty', 'FRPC_WRONG_ARCHITECTURE', () => named('')],
    ['has another program for its interpreter, which is missing', 'FRPC_BROKEN', () => named('#!/nonexistent/sh\n')],
    ['fails', 'FRPC_BROKEN', () => named('#!/bin/sh\necho "out of order" >&2\nexit 7\n')],
    ['kills itself', 'FRPC_BROKEN', () => named('#!/bin/sh\nkill -SEGV $$\n')],
  ])('and %s is not: %s', async (_, code, made) => {
    expect(await as(await made())).toMatchObject({ code })
  })

  it('is for another processor is not, and the shell does not get it to read', async () => {
    const mark = join(await tempFolder(), 'mark')
    const header = Buffer.alloc(512)
    header.write('7f454c460201010000000000000000000200b700', 0, 'hex')
    const path = await named(Buffer.concat([header, Buffer.from(`\ntouch ${mark}\n`)]))
    expect(await as(path, { computer: { os: 'linux', arch: 'x64' } })).toMatchObject({
      code: 'FRPC_WRONG_ARCHITECTURE',
      message: expect.stringMatching(/a program for linux_arm64, and this computer runs programs for linux_amd64/),
    })
    await expect(stat(mark)).rejects.toThrow('ENOENT')
  })

  it('is asked for nothing but its version, without our secrets', async () => {
    const out = join(await tempFolder(), 'out')
    const path = await named(`#!/bin/sh\n{ echo "$@"; env; } >${out}\necho 0.71.0\n`)
    await prepared({ env: { XOPC_FRPC_PATH: path, XOPC_GATEWAY_TOKEN: 'secret', http_proxy: 'http://127.0.0.1:9' } })
    const said = await readFile(out, 'utf8')
    expect(said.split('\n')[0]).toBe('-v')
    expect(said).not.toMatch(/XOPC_|proxy=/i)
  })

  it('is given up at the signal', async () => {
    const path = await named('#!/bin/sh\nexec sleep 60\n')
    const started = Date.now()
    expect(await as(path, { signal: AbortSignal.timeout(200) })).toMatchObject({ name: 'TimeoutError' })
    expect(Date.now() - started).toBeLessThan(5000)
  })
})

needsPeer('frpc-npm', 'the official frpc', (official) => {
  const pinned = officialFrpc.targets['linux_amd64']?.binary ?? null

  async function installed() {
    const dir = await tempFolder()
    const place = frpcPlace(dir, '0.71.0', 'linux_amd64')
    await mkdir(join(place, '..'), { recursive: true, mode: 0o755 })
    await copyFile(official, place)
    await chmod(place, 0o700)
    return { dir, place, look: async () => await prepared({ state: { paths: { dir } } }) }
  }

  it('in its place is used without a warning, and its folders are closed to others', async () => {
    const { dir, place, look } = await installed()
    expect(await look()).toEqual({ program: place, version: '0.71.0', warning: null })
    for (const folder of ['bin', 'bin/frpc', 'bin/frpc/0.71.0', 'bin/frpc/0.71.0/linux_amd64'])
      expect((await stat(join(dir, folder))).mode & 0o777, folder).toBe(0o700)
    expect(await hasFrpc({ paths: { dir } }, {})).toBe(true)
  })

  it('that is named is used without a warning', async () => {
    expect(await as(official)).toMatchObject({ version: '0.71.0', warning: null })
  })

  it('cut short says how much of it is there', async () => {
    const { place, look } = await installed()
    await truncate(place, 1_000_000)
    expect(await look()).toMatchObject({ code: 'FRPC_TRUNCATED', message: expect.stringContaining(`1000000 of ${pinned?.size} bytes`) })
  })

  it('cut short and named does not run', async () => {
    const path = join(await tempFolder(), 'frpc')
    await copyFile(official, path)
    await chmod(path, 0o700)
    await truncate(path, 1_000_000)
    expect(await as(path)).toMatchObject({ code: 'FRPC_BROKEN' })
  })

  it('held by another release is changed', async () => {
    const { dir } = await installed()
    const release = releaseOf('0'.repeat(64), { sha256: '0'.repeat(64), size: 1 })
    expect(await prepared({ state: { paths: { dir } }, release, computer: here })).toMatchObject({ code: 'FRPC_CHANGED' })
  })

  needsPeer('own-hosts', 'on a disk without programs', () => {
    it('says so', async () => {
      const { dir } = await installed()
      const bin = join(dir, 'bin')
      // Every mount of ours is a bind mount of the folder on itself, so that nothing else of the computer changes.
      await mounted(['--bind', bin, bin])
      expect(await run(['mount', '-o', 'remount,bind,noexec', bin])).toMatchObject({ code: 0 })
      expect(await prepared({ state: { paths: { dir } } })).toMatchObject({ code: 'FRPC_NOEXEC' })
      expect(await as(frpcPlace(dir, '0.71.0', 'linux_amd64'))).toMatchObject({ code: 'FRPC_NOEXEC' })
    })
  })
})

async function mounted(args: readonly string[]): Promise<void> {
  expect(await run(['mount', ...args])).toMatchObject({ code: 0 })
  atEnd(async () => await run(['umount', '-l', String(args.at(-1))]))
}
