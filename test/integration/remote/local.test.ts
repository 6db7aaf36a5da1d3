import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { connect } from '../../../src/lib/remote/local.ts'
import { acquireLock } from '../../../src/lib/state/lock.ts'
import { controlSocket, openState, type State } from '../../../src/lib/state/store.ts'
import type { Clock } from '../../../src/lib/system/clock.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'

async function newState(): Promise<State> {
  const dir = await tempFolder()
  return await openState({ HOME: dir, XOPC_STATE_DIR: dir })
}

/** A clock whose sleeps are over at once, so that waiting for a gateway costs a test nothing. */
function hurriedClock(): Clock {
  let now = 0
  return { now: () => now, sleep: async (ms) => void (now += ms) }
}

async function listen(path: string): Promise<void> {
  const server = createServer((_req, res) => res.end('{"status":"ok","version":"1","uptime":1}'))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  atEnd(async () => (server.closeAllConnections(), server.close()))
}

const info = { url: 'http://127.0.0.1:1', version: '1' }

describe('which gateway a command acts on', () => {
  it('none where there is no lock', async () => {
    expect(await connect(await newState())).toEqual({ kind: 'offline' })
  })

  it.each([
    '',
    '{',
    'null',
    '{"pid":1}',
    JSON.stringify({
      pid: 4194304,
      startTime: '1',
      bootId: 'b',
      pidNamespace: 'p',
      url: 'u',
      socket: '/nowhere/s',
      version: '1',
      apiLevel: 1,
    }),
  ])('none where the lock is broken or left over: %j', async (text) => {
    const state = await newState()
    await writeFile(state.paths.lock, text, { mode: 0o600 })
    const old = JSON.parse(text.startsWith('{"pid":4') ? text : '{}') as { socket?: string }
    // A mark of another boot is judged by its age: an hour-old lock is nobody's.
    if (old.socket !== undefined) await backdate(state.paths.lock)
    expect(await connect(state, hurriedClock())).toEqual({ kind: 'offline' })
  })

  it('the one that answers on the socket of the lock', async () => {
    const state = await newState()
    const lock = await acquireLock(state, info)
    atEnd(() => lock.release())
    await listen(controlSocket(state))
    const target = await connect(state)
    expect(target).toMatchObject({ kind: 'client', lock: { url: info.url, pid: process.pid } })
    if (target.kind === 'client') expect(await target.xopc.health()).toEqual({ status: 'ok', version: '1', uptime: 1 })
  })

  it('one that is just starting is waited for', async () => {
    const state = await newState()
    const lock = await acquireLock(state, info)
    atEnd(() => lock.release())
    let slept = 0
    const clock: Clock = { now: () => slept * 100, sleep: async () => void (++slept === 3 && (await listen(controlSocket(state)))) }
    expect((await connect(state, clock)).kind).toBe('client')
    expect(slept).toBe(3)
  })

  it('never the files alone beside a gateway that lives and is silent', async () => {
    const state = await newState()
    const lock = await acquireLock(state, info)
    atEnd(() => lock.release())
    await expect(connect(state, hurriedClock())).rejects.toMatchObject({
      code: 'GATEWAY_SILENT',
      message: expect.stringContaining(String(process.pid)),
    })
  })
})

async function backdate(path: string): Promise<void> {
  const { utimes } = await import('node:fs/promises')
  const hourAgo = new Date(Date.now() - 3_600_000)
  await utimes(path, hourAgo, hourAgo)
}
