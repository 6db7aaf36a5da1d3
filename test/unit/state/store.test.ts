import { chmod, chown, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { controlSocket, openState } from '../../../src/lib/state/store.ts'
import { tempFolder } from '../../support/cleanup.ts'

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('the state folder', () => {
  it('is made private, with run and logs', async () => {
    const dir = join(await tempFolder(), 'state')
    const state = await openState({ XOPC_STATE_DIR: dir })
    expect((await readdir(dir)).toSorted()).toEqual(['logs', 'run'])
    for (const path of [dir, state.paths.run, state.paths.logs]) expect(await modeOf(path)).toBe(0o700)
    expect(state).toMatchObject({ runDir: join(dir, 'run'), tightened: [] })
    expect(controlSocket(state)).toBe(join(dir, 'run/control.sock'))
  })

  it('loses rights of others, and tells which', async () => {
    const dir = await tempFolder()
    await mkdir(join(dir, 'run'))
    await chmod(join(dir, 'run'), 0o777)
    await writeFile(join(dir, 'xopc.json'), '{}')
    await chmod(join(dir, 'xopc.json'), 0o644)
    await writeFile(join(dir, 'outside'), '')
    await chmod(dir, 0o755)
    const state = await openState({ XOPC_STATE_DIR: dir })
    expect(state.tightened.toSorted()).toEqual([dir, join(dir, 'outside'), join(dir, 'run'), join(dir, 'xopc.json')].toSorted())
    expect([await modeOf(dir), await modeOf(join(dir, 'run')), await modeOf(join(dir, 'xopc.json'))]).toEqual([0o700, 0o700, 0o600])
    expect((await openState({ XOPC_STATE_DIR: dir })).tightened).toEqual([])
  })

  it('leaves a linked configuration as it is', async () => {
    const [dir, elsewhere] = [await tempFolder(), join(await tempFolder(), 'xopc.json')]
    await writeFile(elsewhere, '{}')
    await chmod(elsewhere, 0o644)
    await symlink(elsewhere, join(dir, 'xopc.json'))
    await openState({ XOPC_STATE_DIR: dir })
    expect(await modeOf(elsewhere)).toBe(0o644)
  })

  it('may be a link to a folder of ours', async () => {
    const [real, link] = [await tempFolder(), join(await tempFolder(), 'l')]
    await symlink(real, link)
    expect((await openState({ XOPC_STATE_DIR: link })).runDir).toBe(join(link, 'run'))
    expect(await readdir(real)).toContain('run')
  })

  it.each([
    ["another user's", async (dir: string) => await chown(dir, 65_534, 65_534), 'STATE_NOT_OURS'],
    [
      "with another user's run",
      async (dir: string) => await mkdir(join(dir, 'run')).then(() => chown(join(dir, 'run'), 65_534, 65_534)),
      'STATE_NOT_OURS',
    ],
    ['with a link for run', async (dir: string) => await symlink('.', join(dir, 'run')), 'FOLDER_NOT_PRIVATE'],
    ['with a file for logs', async (dir: string) => await writeFile(join(dir, 'logs'), ''), 'FOLDER_NOT_PRIVATE'],
  ] as const)('is refused: %s', async (_name, prepare, code) => {
    const dir = await tempFolder()
    await prepare(dir)
    await expect(openState({ XOPC_STATE_DIR: dir })).rejects.toMatchObject({ code })
  })

  it('is only looked at where asked: nothing is made, nothing is changed', async () => {
    const dir = join(await tempFolder(), 'state')
    expect((await openState({ XOPC_STATE_DIR: dir }, { create: false })).runDir).toBe(join(dir, 'run'))
    expect(await readdir(join(dir, '..'))).toEqual([])
    await mkdir(dir)
    await chmod(dir, 0o755)
    await openState({ XOPC_STATE_DIR: dir }, { create: false })
    expect(await modeOf(dir)).toBe(0o755)
    await chown(dir, 65_534, 65_534)
    await expect(openState({ XOPC_STATE_DIR: dir }, { create: false })).rejects.toMatchObject({ code: 'STATE_NOT_OURS' })
  })
})

describe('the folder of sockets, where the state folder is too long', () => {
  const deep = async () => join(await tempFolder(), 'x'.repeat(90))

  it('is in the runtime folder, one for each state folder', async () => {
    const runtime = await tempFolder()
    const states = [
      await openState({ XOPC_STATE_DIR: await deep(), XDG_RUNTIME_DIR: runtime }),
      await openState({ XOPC_STATE_DIR: await deep(), XDG_RUNTIME_DIR: runtime }),
    ]
    expect(states.map(({ runDir }) => runDir.startsWith(`${runtime}/xopc-`))).toEqual([true, true])
    expect(new Set(states.map(({ runDir }) => runDir)).size).toBe(2)
    for (const { runDir } of states) expect(await modeOf(runDir)).toBe(0o700)
  })

  it('passes over a runtime folder that is not ours or not private, as after sudo', async () => {
    const [runtime, temporary] = [await tempFolder(), await tempFolder()]
    await chown(runtime, 65_534, 65_534)
    const open = async () => (await openState({ XOPC_STATE_DIR: await deep(), XDG_RUNTIME_DIR: runtime, TMPDIR: temporary })).runDir
    const expected = `${temporary}/xopc-${process.geteuid?.()}/`
    expect((await open()).startsWith(expected)).toBe(true)
    await chown(runtime, process.geteuid?.() ?? 0, process.getegid?.() ?? 0)
    await chmod(runtime, 0o755)
    expect((await open()).startsWith(expected)).toBe(true)
    await chmod(runtime, 0o700)
    expect((await open()).startsWith(runtime)).toBe(true)
  })

  it.each([
    [
      "another user's",
      async (path: string) => await mkdir(path, { mode: 0o700 }).then(() => chown(path, 65_534, 65_534)),
      'STATE_NOT_OURS',
    ],
    ['a link', async (path: string) => await symlink('.', path), 'FOLDER_NOT_PRIVATE'],
    ['open to others', async (path: string) => await mkdir(path).then(() => chmod(path, 0o755)), 'FOLDER_NOT_PRIVATE'],
  ] as const)('in the temporary folder is refused when somebody was there first: %s', async (_name, prepare, code) => {
    const temporary = await tempFolder()
    await prepare(join(temporary, `xopc-${process.geteuid?.()}`))
    await expect(openState({ XOPC_STATE_DIR: await deep(), TMPDIR: temporary })).rejects.toMatchObject({ code })
  })
})
