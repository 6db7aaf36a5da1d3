import { chmod, cp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { run } from '../../support/run.ts'
import { launcher } from './house.ts'

const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }

/** A package of its own: bin/ and package.json, and what else is named. */
async function copyOf(...more: string[]): Promise<string> {
  const folder = await tempFolder()
  for (const name of ['bin', 'package.json', ...more]) await cp(join(root, name), join(folder, name), { recursive: true })
  return join(folder, 'bin/run.js')
}

/** The launcher under a Node that says it is another one. */
async function under(node: string) {
  const preload = join(await tempFolder(), 'older.cjs')
  await writeFile(preload, `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`)
  return run([process.execPath, '--require', preload, launcher, '--version'])
}

describe('xopc --version', () => {
  it.each(['--version', '-v'])('%s prints one line', async (flag) => {
    expect(await run([process.execPath, launcher, flag])).toMatchObject({ code: 0, stdout: `xopc ${version}\n`, stderr: '' })
  })

  it('needs nothing that is built', async () => {
    expect((await run([process.execPath, await copyOf(), '--version'])).stdout).toBe(`xopc ${version}\n`)
  })
})

describe('the Node it runs on', () => {
  it.each(['18.20.0', '20.20.2', '22.21.9', '23.11.0', '24.14.0', '25.1.0'])('%s is refused in one sentence', async (node) => {
    const { code, stdout, stderr } = await under(node)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(new RegExp(`^xopc needs Node\\.js .* this is ${node.replaceAll('.', '\\.')}: [^\\n]+\\.\\n$`))
  })

  it.each(['22.22.0', '24.15.0', '26.0.0', '27.1.0'])('%s is taken', async (node) => {
    expect((await under(node)).code).toBe(0)
  })
})

describe('a package that is not whole', () => {
  it('without dist/ says what to type', async () => {
    const { code, stderr } = await run([process.execPath, await copyOf(), 'status'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^xopc is not built: [^\n]*`npm ci`[^\n]*`npm run build`[^\n]*\n$/)
  })

  it('without the list of commands looks for them', async () => {
    const env = { PATH: process.env['PATH'], XOPC_STATE_DIR: await tempFolder() }
    const { code, stdout } = await run([process.execPath, await copyOf('dist'), 'status'], { env })
    expect([code, stdout]).toEqual([0, expect.stringContaining('Next: ')])
  })

  it('with half of dist/ says what to type', async () => {
    const copy = await copyOf('dist', 'oclif.manifest.json')
    await rm(join(copy, '../../dist/chunks'), { recursive: true })
    const { code, stderr } = await run([process.execPath, copy, 'status'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^xopc could not be loaded from [^\n]*`npm run build`[^\n]*\n$/)
  })
})

describe('the compile cache', () => {
  async function inCache(cache: string) {
    return run([process.execPath, launcher, 'help'], { env: { PATH: process.env['PATH'], XDG_CACHE_HOME: cache }, timeoutMs: 20_000 })
  }

  it('is made for us alone', async () => {
    const cache = await tempFolder()
    expect((await inCache(cache)).code).toBe(0)
    const folder = join(cache, 'xopc/compile-cache')
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect(await readdir(folder)).not.toEqual([])
  })

  it.each(['/proc/nope', '/dev/null/under-a-file'])('is left out where no folder can be made: %s', async (place) => {
    expect(await inCache(place)).toMatchObject({ code: 0, stderr: '' })
  })

  it('is left out where others can write', async () => {
    const cache = await tempFolder()
    const folder = join(cache, 'xopc/compile-cache')
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o777)
    expect((await inCache(cache)).code).toBe(0)
    expect(await readdir(folder)).toEqual([])
  })
})

describe('bin/dev.js', () => {
  it('runs the sources without a build', async () => {
    const { code, stdout } = await run([process.execPath, join(root, 'bin/dev.js'), 'lan', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('lan status')
  })
})
