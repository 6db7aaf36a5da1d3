import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { noteExposures, readExposures } from '../../../src/lib/state/exposures.ts'
import { openState, type State } from '../../../src/lib/state/store.ts'
import { tempFolder } from '../../support/cleanup.ts'

const entry = { mode: 'serve', port: 443, target: 'http://127.0.0.1:18791', keep: false } as const

async function opened(): Promise<State> {
  return await openState({ XOPC_STATE_DIR: join(await tempFolder(), 'state') })
}

it('are none before the first', async () => {
  expect(await readExposures(await opened())).toEqual({ tailscale: null, tailscalePort: null, openings: {} })
})

it('are noted one by one, for this user alone', async () => {
  const state = await opened()
  await noteExposures(state, { tailscalePort: 18_791 })
  await noteExposures(state, { tailscale: entry })
  expect(await readExposures(state)).toEqual({ tailscale: entry, tailscalePort: 18_791, openings: {} })
  await noteExposures(state, { tailscale: null })
  expect(await readExposures(state)).toEqual({ tailscale: null, tailscalePort: 18_791, openings: {} })
  expect((await stat(state.paths.exposures)).mode & 0o777).toBe(0o600)
})

it('lose nothing where several are noted at once', async () => {
  const state = await opened()
  await Promise.all([noteExposures(state, { tailscale: entry }), noteExposures(state, { tailscalePort: 9 })])
  expect(await readExposures(state)).toEqual({ tailscale: entry, tailscalePort: 9, openings: {} })
})

it.each([
  '',
  'x',
  '[]',
  '{}',
  '{"tailscale":{},"tailscalePort":null}',
  '{"tailscale":null,"tailscalePort":0}',
  '{"tailscale":null,"tailscalePort":1,"openings":{"tailscale":{"options":{},"until":"x"}}}',
])('that cannot be read are left as they are: %j', async (text) => {
  const state = await opened()
  await writeFile(state.paths.exposures, text)
  await expect(readExposures(state)).rejects.toMatchObject({ code: 'EXPOSURES_BROKEN' })
  await expect(noteExposures(state, { tailscale: null })).rejects.toMatchObject({ code: 'EXPOSURES_BROKEN' })
  expect(await readFile(state.paths.exposures, 'utf8')).toBe(text)
})
