import { chmod, chown, lstat, mkdir, readFile, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type EditOptions, editConfig } from '../../../src/lib/config/edit.ts'
import { MASK } from '../../../src/lib/config/secrets.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'

const commented = `// my gateway
{
  gateway: {
    port: 18800, // not the usual one
    auth: { token: '\${TOKEN}' },
  },
  /* the rest is as it comes */
}
`
const program = join(import.meta.dirname, '../../../bin/dev.js')

/** A folder with a configuration file. */
async function house(text: string | null = commented, mode = 0o600): Promise<{ folder: string; path: string }> {
  const folder = await tempFolder()
  const path = join(folder, 'xopc.json')
  if (text !== null) await writeFile(path, text, { mode })
  return { folder, path }
}

async function edit(path: string, edits: Record<string, unknown>, more: Partial<EditOptions> = {}) {
  return await editConfig({ env: {}, path, edits, ...more })
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

describe('an edit', () => {
  it('changes the value and nothing else, and leaves no other file', async () => {
    const { folder, path } = await house()
    await edit(path, { 'gateway.port': 18_801 })
    expect(await readFile(path, 'utf8')).toBe(commented.replace('18800', '18801'))
    expect(await readdir(folder)).toEqual(['xopc.json'])
  })

  it('adds one line', async () => {
    const { path } = await house()
    await edit(path, { 'gateway.publicUrl': 'https://gateway.test:8443' })
    const [before, after] = [commented.split('\n'), (await readFile(path, 'utf8')).split('\n')]
    expect(after.filter((line) => !before.includes(line))).toEqual(['    publicUrl: "https://gateway.test:8443",'])
    expect(after).toHaveLength(before.length + 1)
  })

  it('makes several changes at once, or none', async () => {
    const { path } = await house()
    await expect(edit(path, { 'gateway.port': 5, 'gateway.bind': 'everywhere' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(await readFile(path, 'utf8')).toBe(commented)
    await edit(path, { 'gateway.auth.password': 'twelve chars', 'gateway.auth.mode': 'password' })
    expect(await readFile(path, 'utf8')).toContain('auth: { token: \'${TOKEN}\', password: "twelve chars", mode: "password" }')
  })

  it.each([0o600, 0o640, 0o644])('keeps the mode %o', async (mode) => {
    const { path } = await house(commented, mode)
    await chmod(path, mode)
    await edit(path, { 'gateway.port': 5 })
    expect(await modeOf(path)).toBe(mode)
  })

  it('makes a new file 0600 and its folders 0700', async () => {
    const path = join(await tempFolder(), 'new/deeper/xopc.json')
    await edit(path, { 'gateway.port': 5 })
    expect(await readFile(path, 'utf8')).toBe('{\n  gateway: {\n    port: 5,\n  },\n}\n')
    expect([await modeOf(path), await modeOf(join(path, '..'))]).toEqual([0o600, 0o700])
  })

  it('follows links, also one to a file that does not exist yet', async () => {
    const { folder, path } = await house()
    for (const [link, target] of [
      ['link.json', 'xopc.json'],
      ['dangling.json', 'later/xopc.json'],
    ] as const) {
      await symlink(target, join(folder, link))
      await edit(join(folder, link), { 'gateway.port': 7 })
      expect(await readlink(join(folder, link))).toBe(target)
      expect(await readFile(join(folder, target), 'utf8')).toContain('port: 7')
    }
    expect((await lstat(path)).isFile()).toBe(true)
  })

  it('that changes nothing writes nothing', async () => {
    const { path } = await house()
    const before = await stat(path)
    const { etag } = await edit(path, { 'gateway.port': 18_800, 'gateway.auth.token': MASK })
    const after = await stat(path)
    expect([after.mtimeMs, after.ino]).toEqual([before.mtimeMs, before.ino])
    expect((await edit(path, {})).etag).toBe(etag)
  })

  it('sets the keys that an object names, and null takes away a section that must not be empty', async () => {
    const { path } = await house('{ gateway: { upstream: { url: "http://127.0.0.1:3000" }, port: 5 } }')
    await edit(path, { gateway: { port: 6, bind: 'lan' } })
    await edit(path, { 'gateway.upstream.url': null })
    expect(await readFile(path, 'utf8')).toBe('{ gateway: { port: 6, bind: "lan" } }')
  })

  it('may mend one of two mistakes, and may bring in none', async () => {
    const { path } = await house('{ gateway: { prot: 1, port: "x" } }')
    await edit(path, { 'gateway.port': 5 })
    await expect(edit(path, { 'gateway.bind': 'x' })).rejects.toMatchObject({ problems: [{ path: 'gateway.bind' }] })
    await edit(path, { 'gateway.prot': null })
    expect(await readFile(path, 'utf8')).toBe('{ gateway: { port: 5 } }')
  })

  it('may write the name of a variable that only the gateway has', async () => {
    const { path } = await house()
    await edit(path, { 'gateway.auth.password': '${ONLY_THERE}', 'gateway.auth.mode': 'token' })
    expect(await readFile(path, 'utf8')).toContain('password: "${ONLY_THERE}"')
  })
})

describe('an edit is refused', () => {
  it.each<[name: string, text: string, edits: Record<string, unknown>, code: string]>([
    ['in a half-written file', '{\n  gateway: { port: ', { 'gateway.port': 5 }, 'CONFIG_INVALID'],
    ['in an empty file', '', { 'gateway.port': 5 }, 'CONFIG_INVALID'],
    [
      'where a key stands twice and the other would stay',
      '{ gateway: { port: 1, port: 2 } }',
      { 'gateway.port': null },
      'CONFIG_EDIT_REFUSED',
    ],
    ['where only JSON5 can read the text', '{ gateway: { port: 1 }, null: 1 }', { 'gateway.port': 2 }, 'CONFIG_EDIT_REFUSED'],
    ['for a key that does not exist', '{}', { 'gateway.prot': 5 }, 'CONFIG_INVALID'],
    ['for __proto__', '{}', { '__proto__.polluted': 5 }, 'CONFIG_INVALID'],
    ['for no key', '{}', { '': 5 }, 'CONFIG_WITHOUT_VALUE'],
    ['for half a key', '{}', { 'gateway.': 5 }, 'CONFIG_WITHOUT_VALUE'],
    ['for a value of another type', '{}', { 'gateway.port': '5' }, 'CONFIG_INVALID'],
    ['for a bad public URL, by its own code', '{}', { 'gateway.publicUrl': 'http://a.example' }, 'requires_https'],
    ['for a second exposure', '{ gateway: { tailscale: { mode: "serve" } } }', { 'tunnel.autoStart': true }, 'EXPOSURE_CONFLICT'],
    ['for a masked secret that is not there as such', '{}', { 'gateway.auth.token': '****************' }, 'CONFIG_INVALID'],
  ])('%s', async (_name, text, edits, code) => {
    const { folder, path } = await house(text)
    await expect(edit(path, edits)).rejects.toMatchObject({ code })
    expect(await readFile(path, 'utf8')).toBe(text)
    expect(await readdir(folder)).toEqual(['xopc.json'])
  })

  it('with an ETag of another text, and made with the right one, quoted or not', async () => {
    const { path } = await house()
    const { etag } = await edit(path, {})
    await expect(edit(path, { 'gateway.port': 5 }, { ifMatch: '"other"' })).rejects.toMatchObject({ code: 'CONFIG_STALE', http: 412 })
    const { etag: next } = await edit(path, { 'gateway.port': 5 }, { ifMatch: etag })
    await edit(path, { 'gateway.port': 6 }, { ifMatch: next.replaceAll('"', '') })
    await expect(edit(path, { 'gateway.port': 7 }, { ifMatch: etag })).rejects.toMatchObject({ code: 'CONFIG_STALE' })
  })

  it('where the path is a folder', async () => {
    const folder = await tempFolder()
    await expect(edit(folder, { 'gateway.port': 5 })).rejects.toMatchObject({ code: 'CONFIG_NOT_A_FILE' })
  })
})

describe('an edit by somebody who may not own the file', () => {
  const file = `{ gateway: { auth: { token: '\${TOKEN}' }, remote: { url: 'https://a.example', token: 'k3v0Qz8mTr5xWb1n' },
  upstream: { url: 'http://me:geheim@127.0.0.1:3000' } }, tunnel: { registrationSecret: 'Yh7dPa2cLs9fGu4e' } }`
  const foreign = { refuseEnvReferences: true, env: { TOKEN: 'Zt4kBn9vQx2mRw6s' } }

  it.each<[name: string, edits: Record<string, unknown>, code: string]>([
    ['cannot name a variable', { 'gateway.auth.password': '${HOME}' }, 'CONFIG_ENV_REFUSED'],
    ['cannot name one in a list', { 'gateway.corsOrigins': ['${HOME}'] }, 'CONFIG_ENV_REFUSED'],
    ['cannot send the broker’s secret elsewhere', { 'tunnel.brokerUrl': 'https://evil.example' }, 'CONFIG_SECRET_NEEDED'],
    [
      'cannot send it with the mask',
      { 'tunnel.brokerUrl': 'https://evil.example', 'tunnel.registrationSecret': MASK },
      'CONFIG_SECRET_NEEDED',
    ],
    ['cannot send the remote token elsewhere', { 'gateway.remote.url': 'https://evil.example' }, 'CONFIG_SECRET_NEEDED'],
    ['cannot send it through another host', { 'gateway.remote.sshTarget': 'me@evil.example' }, 'CONFIG_SECRET_NEEDED'],
    ['cannot send the app’s password elsewhere', { 'gateway.upstream.url': 'http://***@evil.example' }, 'CONFIG_SECRET_NEEDED'],
  ])('%s', async (_name, edits, code) => {
    const { path } = await house(file)
    await expect(edit(path, edits, foreign)).rejects.toMatchObject({ code })
    expect(await readFile(path, 'utf8')).toBe(file)
  })

  it('can send back what was shown, and change a URL together with its secret', async () => {
    const { path } = await house(file)
    await edit(path, { 'gateway.auth.token': '${TOKEN}', 'gateway.upstream.url': 'http://***@127.0.0.1:3000' }, foreign)
    expect(await readFile(path, 'utf8')).toBe(file)
    await edit(path, { 'tunnel.brokerUrl': 'https://b.example', 'tunnel.registrationSecret': 'Mn5jHc8qVy3pLk7d' }, foreign)
    expect(await readFile(path, 'utf8')).toContain('https://b.example')
  })

  it('cannot send a secret of the environment anywhere, whatever comes along', async () => {
    const { path } = await house('{}')
    const env = { XOPC_TUNNEL_REGISTRATION_SECRET: 'Yh7dPa2cLs9fGu4e' }
    const edits = { 'tunnel.brokerUrl': 'https://evil.example', 'tunnel.registrationSecret': 'Mn5jHc8qVy3pLk7d' }
    await expect(edit(path, edits, { ...foreign, env })).rejects.toMatchObject({ code: 'CONFIG_SECRET_NEEDED' })
  })
})

needsPeer('second-user', 'a file of another user', (setpriv) => {
  const nobody = 65_534
  /** `xopc config set` as an unprivileged user: root ignores modes. */
  const asNobody = async (path: string) =>
    await run(
      [
        setpriv,
        `--reuid=${nobody}`,
        `--regid=${nobody}`,
        '--clear-groups',
        process.execPath,
        program,
        'config',
        'set',
        'gateway.port=5',
        '--json',
      ],
      {
        env: { PATH: process.env['PATH'] ?? '', XOPC_CONFIG: path, XOPC_STATE_DIR: join(path, '../state'), HOME: '/nonexistent' },
      },
    )

  it('that is read-only is not changed, and it is said what to do', async () => {
    const { folder, path } = await house()
    await chown(folder, nobody, nobody)
    await chown(path, nobody, nobody)
    await chmod(path, 0o400)
    const ran = await asNobody(path)
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'CONFIG_NOT_WRITABLE', hint: expect.stringContaining(path) as string } })
    expect(ran.code).toBe(1)
    expect(await readFile(path, 'utf8')).toBe(commented)
    expect(await readdir(folder)).toEqual(['xopc.json'])
  })

  it('in a folder that cannot be written is changed in place where the file can be', async () => {
    const { folder, path } = await house()
    await chmod(folder, 0o755)
    await mkdir(join(folder, 'state'), { mode: 0o700 })
    await chown(join(folder, 'state'), nobody, nobody)
    await chown(path, nobody, nobody)
    const { ino } = await stat(path)
    const ran = await asNobody(path)
    expect(ran.code, ran.stdout + ran.stderr).toBe(0)
    expect(await readFile(path, 'utf8')).toBe(commented.replace('18800', '5'))
    expect((await stat(path)).ino).toBe(ino)
  })

  it('keeps its owner when root edits it', async () => {
    const { path } = await house()
    await chown(path, nobody, nobody)
    await edit(path, { 'gateway.port': 5 })
    expect(await stat(path)).toMatchObject({ uid: nobody, gid: nobody })
  })
})

needsPeer('netns', 'a file that is mounted', () => {
  it('is changed in place, and what is mounted is what changes', async () => {
    const { folder, path } = await house()
    const mounted = join(folder, 'mounted.json')
    await writeFile(mounted, '{}')
    const script = `mount --bind '${path}' '${mounted}' && exec '${process.execPath}' '${program}' config set gateway.port=5 --json`
    const ran = await run(['unshare', '-m', 'sh', '-c', script], {
      env: { ...process.env, XOPC_CONFIG: mounted, XOPC_STATE_DIR: join(folder, 'state') },
    })
    expect(ran.code, ran.stdout + ran.stderr).toBe(0)
    expect(await readFile(path, 'utf8')).toBe(commented.replace('18800', '5'))
    expect(await readFile(mounted, 'utf8')).toBe('{}')
  })

  it('read-only is not changed', async () => {
    const { folder, path } = await house()
    const script = `mount --bind '${path}' '${path}' && mount -o remount,ro,bind '${path}' && exec '${process.execPath}' '${program}' config set gateway.port=5 --json`
    const ran = await run(['unshare', '-m', 'sh', '-c', script], {
      env: { ...process.env, XOPC_CONFIG: path, XOPC_STATE_DIR: join(folder, 'state') },
    })
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'CONFIG_NOT_WRITABLE' } })
    expect(await readFile(path, 'utf8')).toBe(commented)
  })
})
