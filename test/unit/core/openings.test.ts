import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { defaultConfig } from '../../../src/lib/config/schema.ts'
import { createOpenings, forgetOpening } from '../../../src/lib/core/openings.ts'
import { openState, type State } from '../../../src/lib/state/store.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { handClock } from './hand-clock.ts'

const HOUR = 3_600_000

async function stateOf(): Promise<State> {
  return await openState({ XOPC_STATE_DIR: join(await tempFolder(), 'state') })
}

function setting(state: State, clock = handClock()) {
  const ended: string[] = []
  return { clock, ended, openings: createOpenings({ state, clock, log: silentLog, onEnd: (id) => ended.push(id) }) }
}

it('lay what was asked for over the configuration, until the deadline', async () => {
  const { clock, ended, openings } = setting(await stateOf())
  const config = defaultConfig()
  expect(openings.over(config)).toBe(config)
  await openings.open('tailscale', { mode: 'serve', port: 8443 }, HOUR)
  expect(openings.over(config).gateway.tailscale).toMatchObject({ mode: 'serve', httpsPort: 8443 })
  expect(openings.closesAt('tailscale')).toBe('2026-11-24T13:00:00.000Z')
  expect(openings.closesAt('lan')).toBeNull()
  await clock.advance(HOUR - 1)
  expect(ended).toEqual([])
  await clock.advance(1)
  await expect.poll(() => ended).toEqual(['tailscale'])
  expect([openings.over(config) === config, openings.closesAt('tailscale')]).toEqual([true, null])
})

it('outlive a restart, and not their deadline', async () => {
  const state = await stateOf()
  const first = setting(state)
  await first.openings.open('tailscale', { mode: 'serve' }, HOUR)
  first.openings.stop()
  const second = setting(state, handClock(Date.parse('2026-11-24T12:59:00Z')))
  await second.openings.load()
  expect(second.openings.closesAt('tailscale')).toBe('2026-11-24T13:00:00.000Z')
  second.openings.stop()
  const third = setting(state, handClock(Date.parse('2026-11-24T13:00:00Z')))
  await third.openings.load()
  expect(third.openings.over(defaultConfig())).toEqual(defaultConfig())
  expect(JSON.parse(await readFile(state.paths.exposures, 'utf8')).openings).toEqual({})
})

it('give way to a later deadline, and to an end by hand', async () => {
  const { clock, ended, openings } = setting(await stateOf())
  await openings.open('tailscale', { mode: 'serve' }, HOUR)
  await openings.open('tailscale', { mode: 'serve' }, 3 * HOUR)
  await clock.advance(2 * HOUR)
  expect([openings.closesAt('tailscale'), ended]).toEqual(['2026-11-24T15:00:00.000Z', []])
  await openings.close('tailscale')
  await clock.advance(2 * HOUR)
  expect(ended).toEqual([])
})

it('open nothing where that cannot be noted, and start without what cannot be read', async () => {
  const state = await stateOf()
  await writeFile(state.paths.exposures, 'x')
  const { openings } = setting(state)
  await openings.load()
  await expect(openings.open('tailscale', { mode: 'serve' }, HOUR)).rejects.toMatchObject({ code: 'EXPOSURES_BROKEN' })
  expect(openings.closesAt('tailscale')).toBeNull()
  expect(await readFile(state.paths.exposures, 'utf8')).toBe('x')
})

it('are forgotten without a gateway, too', async () => {
  const state = await stateOf()
  const { openings } = setting(state)
  await openings.open('tailscale', { mode: 'serve' }, HOUR)
  openings.stop()
  await forgetOpening(state, 'tailscale')
  const next = setting(state)
  await next.openings.load()
  expect(next.openings.closesAt('tailscale')).toBeNull()
})
