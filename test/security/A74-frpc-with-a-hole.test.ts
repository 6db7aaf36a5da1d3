import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { prepareFrpc } from '../../src/lib/binaries/frpc.ts'
import { tempFolder } from '../support/cleanup.ts'
import { needsPeer } from '../support/peers.ts'

// CVE-2026-40910 is in every frp before 0.68.1.

async function named(version: string) {
  const dir = await tempFolder()
  const path = join(dir, 'frpc')
  await writeFile(path, `#!/bin/sh\necho ${version}\n`, { mode: 0o700 })
  return await prepareFrpc({ state: { paths: { dir } }, env: { ...process.env, XOPC_FRPC_PATH: path }, fetch: false }).catch(
    (error: unknown) => error,
  )
}

it.each(['0.68.0', 'v0.68.0', '0.67.99', '0.61.2', '0.9.0', '0.0.1', '0.6.100'])('%s is not used', async (version) => {
  expect(await named(version)).toMatchObject({ code: 'FRPC_TOO_OLD', message: expect.stringContaining(version.replace('v', '')) })
})

it.each(['0.68.1', '0.68.10', '0.71.0', '0.100.0', '1.0.0', '2.5.0'])('%s is used', async (version) => {
  expect(await named(version)).toMatchObject({ version, warning: { code: 'FRPC_NOT_PINNED' } })
})

it.each(['', 'unknown', '0.71', '0.71.0 and a virus', '0.71.0-beta', 'a\n0.71.0'])(
  'what says %j for its version is not used',
  async (said) => {
    expect(await named(`'${said}'`)).toMatchObject({ code: 'FRPC_BROKEN' })
  },
)

needsPeer('frpc', 'a real one', (frpc) => {
  it('says its version as it is read', async () => {
    const dir = await tempFolder()
    const env = { ...process.env, XOPC_FRPC_PATH: frpc }
    expect(await prepareFrpc({ state: { paths: { dir } }, env, fetch: false })).toMatchObject({ version: '0.71.0' })
  })
})
