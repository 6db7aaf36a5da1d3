import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { openDevices } from '../../../src/lib/identity/devices.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { startGateway, xopc } from '../../support/gateway.ts'
import { start } from '../../support/run.ts'

const phone = { name: 'Pixel', platform: null, kind: 'app', scopes: ['read', 'run'], baseUrl: null } as const
const open = (path: string) => openDevices({ state: { paths: { devices: path } }, clock: systemClock, log: silentLog })

/** Lets a program change the file until it has said so many lines, kills it in the middle of what comes next, and gives what it said. */
async function killedAfter(lines: number, path: string): Promise<string[]> {
  const child = start([process.execPath, join(import.meta.dirname, 'device-writer.ts'), path], { timeoutMs: 30_000 })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    // Somewhere in the next saving, which takes a few milliseconds.
    if (said.length === lines) setTimeout(() => child.kill('SIGKILL'), (lines % 7) + Math.random() * 3)
  }
  await gone
  return said
}

it('a file whose writer was killed is whole, and has everything that was said to be saved', { timeout: 120_000 }, async () => {
  const path = join(await tempFolder(), 'devices.json')
  const last = new Map<string, string>()
  for (let round = 0; round < 8; round++) {
    for (const line of await killedAfter(4 + round * 3, path)) {
      const [what = '', token = ''] = line.split(' ')
      last.set(token, what)
    }
    const devices = await open(path)
    for (const [token, what] of last) {
      // Whether the last one got as far as the disk before it was killed, nobody can say.
      if (what !== 'revoking') expect(devices.find(token) !== null, `${what} in round ${round}`).toBe(what === 'added')
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  }
  // What the dead left of their locks holds nobody up for long.
  expect((await (await open(path)).add(phone)).record.name).toBe('Pixel')
})

it('a gateway that was killed knows its devices again, and whom it threw out', { timeout: 60_000 }, async () => {
  const stateDir = await tempFolder()
  const before = await open(join(stateDir, 'devices.json'))
  const [kept, gone] = [await before.add(phone), await before.add(phone)]
  const gateway = await startGateway({ stateDir, config: {} })
  const asks = async (token: string, each = gateway) =>
    (await each.fetch('/api/status', { headers: { authorization: `Bearer ${token}` } })).status
  expect([await asks(kept.token), await asks(gone.token)]).toEqual([200, 200])
  expect((await gateway.fetch(`/api/devices/${gone.record.id}`, { method: 'DELETE' })).status).toBe(204)
  await gateway.kill9()
  const again = await startGateway({ stateDir })
  expect([await asks(kept.token, again), await asks(gone.token, again)]).toEqual([200, 401])
})

it('a gateway with a broken file does not start, says where, and writes nothing over it', { timeout: 60_000 }, async () => {
  const stateDir = await tempFolder()
  const path = join(stateDir, 'devices.json')
  await writeFile(path, '{"devices": [', { mode: 0o600 })
  const { code, stderr } = await xopc(['gateway', '--port', '0'], { stateDir, timeoutMs: 30_000 })
  expect([code, stderr.includes('DEVICES_BROKEN') || stderr.includes('devices.json'), stderr.includes('not valid JSON')]).toEqual([
    1,
    true,
    true,
  ])
  expect(await readFile(path, 'utf8')).toBe('{"devices": [')
})
