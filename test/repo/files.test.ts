import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../support/build.ts'
import { trackedFiles } from '../support/sources.ts'

interface Package {
  name: string
  version: string
  bin: { xopc: string }
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

interface Lock {
  packages: Record<string, { integrity?: string; link?: boolean; inBundle?: boolean }>
}

const text = (path: string) => readFileSync(join(root, path), 'utf8')
// npm's own formats; the assertions below say what they must hold.
const pjson = JSON.parse(text('package.json')) as Package
const lock = JSON.parse(text('package-lock.json')) as Lock

describe('no file names', () => {
  // In pieces, so that this file does not name them either.
  const secrets = [
    ['a folder of the machine it was written on', /(^|[\s"'`(=:])\/(wo[r]k|fa[r]m)\//m],
    ['the tools beside it', /\.libra[r]y\b/],
    [
      'a package registry',
      /\b(registry\.npm[j]s\.org|registry\.yarn[p]kg\.com|proxy\.golan[g]\.org|sum\.golan[g]\.org|deb\.debia[n]\.org)\b/,
    ],
    ['a private key', /-----BEGIN [A-Z ]*PRIVATE KE[Y]-----/],
  ] as const
  /** Of an app that one test starts; whoever has it can be that app on port 0 of loopback. */
  const worthless = 'test/fixtures/tls/key.pem'

  it.each(secrets)('%s', (_, pattern) => {
    expect(
      trackedFiles()
        .filter(({ path }) => path !== worthless)
        .filter((file) => pattern.test(file.text))
        .map(({ path }) => path),
    ).toEqual([])
  })
})

describe('package-lock.json', () => {
  it('has the digest of every package', () => {
    // The root and the local package are ours and have none.
    const others = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && !path.startsWith('tools/') && !entry.link)
    expect(others.filter(([, entry]) => !entry.inBundle && !entry.integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([])
  })

  it('is in step with package.json', () => {
    const { name, version, dependencies, devDependencies, bin } = pjson
    expect(lock.packages['']).toMatchObject({ name, version, dependencies, devDependencies, bin: { xopc: bin.xopc.replace(/^\.\//, '') } })
  })

  it('pins every dependency to one version', () => {
    const ranges = Object.entries({ ...pjson.dependencies, ...pjson.devDependencies })
    expect(ranges.filter(([, range]) => !/^(\d+\.\d+\.\d+|file:.+)$/.test(range))).toEqual([])
  })
})
