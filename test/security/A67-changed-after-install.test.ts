import { existsSync } from 'node:fs'
import { appendFile, chmod, copyFile, readFile, rename, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { prepareFrpc } from '../../src/lib/binaries/frpc.ts'
import { tempFolder } from '../support/cleanup.ts'
import { memberName, mirrorOf, releaseOf } from '../support/frp-releases.ts'
import { tarGz } from '../support/tar.ts'

// Whoever can write to the file, or a disk that forgets, must not have its program run: what is there is compared before every start.

const script = '#!/bin/sh\necho 0.71.0\n'
const { bytes, sha256 } = tarGz([{ name: memberName, content: script }])
const mirror = await mirrorOf(bytes)

async function installed() {
  const dir = await tempFolder()
  const wish = { state: { paths: { dir } }, env: mirror.env, fetch: true, release: releaseOf(sha256) }
  const { program } = await prepareFrpc(wish)
  const mark = join(dir, 'it-ran')
  return {
    program,
    mark,
    evil: `#!/bin/sh\ntouch ${mark}\necho 0.71.0\n`,
    again: async () => await prepareFrpc(wish).catch((error: unknown) => error),
  }
}
type Installed = Awaited<ReturnType<typeof installed>>

const changes: [string, string, (there: Installed) => Promise<unknown>][] = [
  ['other content', 'FRPC_CHANGED', ({ program, evil }) => writeFile(program, evil)],
  ['a byte more', 'FRPC_CHANGED', ({ program }) => appendFile(program, '\n')],
  ['a byte less', 'FRPC_TRUNCATED', ({ program }) => truncate(program, script.length - 1)],
  ['nothing in it', 'FRPC_TRUNCATED', ({ program }) => truncate(program, 0)],
  [
    'a link to another',
    'FRPC_NOT_SAFE',
    async ({ program, evil }) => {
      await writeFile(`${program}-2`, evil, { mode: 0o700 })
      await rename(program, `${program}-1`)
      await symlink(`${program}-2`, program)
    },
  ],
  [
    'a link to itself, elsewhere',
    'FRPC_NOT_SAFE',
    async ({ program }) => (await rename(program, `${program}-1`), await symlink(`${program}-1`, program)),
  ],
  ['everybody’s right to write', 'FRPC_NOT_SAFE', ({ program }) => chmod(program, 0o777)],
  ['no right to run', 'FRPC_NOT_EXECUTABLE', ({ program }) => chmod(program, 0o600)],
]

describe('a frpc that was fetched and now has', () => {
  it.each(changes)('%s is not started: %s', async (_, code, change) => {
    const there = await installed()
    await change(there)
    expect(await there.again()).toMatchObject({ code })
    expect(existsSync(there.mark)).toBe(false)
  })

  it('nothing changed is started again, and fetched only once', async () => {
    const there = await installed()
    const before = mirror.asked.length
    expect(await there.again()).toMatchObject({ version: '0.71.0', program: there.program })
    expect(mirror.asked.length).toBe(before)
  })

  it('no note of its digest is fetched anew: nothing is run that could not be compared', async () => {
    const there = await installed()
    await copyFile(there.program, `${there.program}-kept`)
    await writeFile(there.program, there.evil)
    await writeFile(`${there.program}.sha256`, 'not a digest')
    expect(await there.again()).toMatchObject({ version: '0.71.0' })
    expect(await readFile(there.program, 'utf8')).toBe(script)
    expect(existsSync(there.mark)).toBe(false)
  })
})
