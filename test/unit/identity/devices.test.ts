import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { XopcError } from '../../../src/lib/errors/error.ts'
import { type Devices, openDevices } from '../../../src/lib/identity/devices.ts'
import { type Clock, systemClock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { tempFolder } from '../../support/cleanup.ts'

const phone = {
  name: 'Pixel',
  platform: 'android',
  kind: 'app' as const,
  scopes: ['read', 'run'] as const,
  baseUrl: 'https://gateway.test',
}
const home = { ip: '203.0.113.9', ingress: 'lan' as const }

async function book(clock: Clock = systemClock) {
  const path = join(await tempFolder(), 'devices.json')
  const open = (at = clock): Promise<Devices> => openDevices({ state: { paths: { devices: path } }, clock: at, log: silentLog })
  return { path, open, devices: await open(), text: () => readFile(path, 'utf8') }
}

/** A clock whose sleeps end when the time is moved there. */
function heldClock() {
  let time = Date.parse('2026-01-01T00:00:00Z')
  const sleepers = new Set<{ at: number; wake: () => void }>()
  const clock: Clock = {
    now: () => time,
    sleep: async (ms, signal) => {
      await new Promise<void>((resolve, reject) => {
        const sleeper = { at: time + ms, wake: resolve }
        sleepers.add(sleeper)
        // The reason is what callers look at.
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
        if (ms <= 0) resolve()
      })
    },
  }
  const pass = (ms: number): void => {
    time += ms
    for (const sleeper of sleepers) if (sleeper.at <= time) sleeper.wake()
  }
  return { clock, pass }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 500; n++) {
    if (await holds()) return
    await systemClock.sleep(10)
  }
  throw new Error(`did not come about: ${holds.toString()}`)
}

describe('a device', () => {
  it('is found by its token, of which only the digest is kept', async () => {
    const { devices, path, text } = await book()
    const { record, token } = await devices.add(phone)
    expect(token).toMatch(/^xopc_dt_[\w-]{43}$/)
    expect(devices.find(token)).toEqual(record)
    expect(await text()).not.toContain(token.slice(8))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['nothing', () => ''],
    ['a prefix', () => 'xopc_dt_'],
    ['half of it', (token: string) => token.slice(0, 30)],
    ['more than it', (token: string) => `${token}A`],
    ['another case', (token: string) => token.toUpperCase()],
    ['its digest', (_: string, digest: string) => `xopc_dt_${digest}`],
  ])('is not found by %s', async (_, wrong) => {
    const { devices } = await book()
    const { record, token } = await devices.add(phone)
    expect(devices.find(wrong(token, record.tokenHash))).toBeNull()
  })

  it('is in the file as the contract names it', async () => {
    const { devices, text } = await book()
    const { record } = await devices.add(phone)
    devices.seen(record, home)
    await devices.close()
    const [saved] = (JSON.parse(await text()) as { devices: Record<string, unknown>[] }).devices
    expect(saved).toMatchObject({ id: record.id, ...phone, tokenSha256: record.tokenHash, created: record.pairedAt, revokedAt: null })
    expect(saved).toMatchObject({ lastIp: '203.0.113.9', lastIngress: 'lan', lastSeen: expect.stringMatching(/^\d{4}-/) })
  })

  it('is known after a restart, and one that was revoked stays so', async () => {
    const { devices, open } = await book()
    const [kept, gone] = [await devices.add(phone), await devices.add({ ...phone, name: 'Lost' })]
    await devices.rename(kept.record.id, 'Mine')
    expect(await devices.revoke(gone.record.id)).toBe(true)
    const later = await open()
    expect(later.list().map(({ name }) => name)).toEqual(['Mine'])
    expect(later.find(kept.token)?.id).toBe(kept.record.id)
    expect([later.find(gone.token), later.get(gone.record.id)]).toEqual([null, null])
  })

  it('has an origin that is ours until it is revoked', async () => {
    const { devices } = await book()
    const { record } = await devices.add(phone)
    await devices.add({ ...phone, baseUrl: null })
    const ours = () => [devices.isOrigin('https://gateway.test'), devices.isHost({ host: 'gateway.test', anyPort: false })]
    expect(ours()).toEqual([true, true])
    expect([devices.isOrigin('http://gateway.test'), devices.isHost({ host: 'gateway.test:8080', anyPort: false })]).toEqual([false, false])
    await devices.revoke(record.id)
    expect(ours()).toEqual([false, false])
  })
})

describe('revoking', () => {
  it('tells of each once, before it is on disk', async () => {
    const { devices, text } = await book()
    const records = await Promise.all([devices.add(phone), devices.add(phone)])
    const told: string[] = []
    const leave = devices.follow({ ended: (id) => told.push(id) })
    const saved = devices.revokeAll()
    expect(told.toSorted()).toEqual(records.map(({ record }) => record.id).toSorted())
    expect(await text()).toContain('"revokedAt": null')
    expect(await saved).toBe(2)
    expect(await text()).not.toContain('"revokedAt": null')
    expect([await devices.revokeAll(), await devices.revoke(records[0].record.id), told.length]).toEqual([0, false, 2])
    leave()
    await devices.revoke((await devices.add(phone)).record.id)
    expect(told.length).toBe(2)
  })

  it('holds although it could not be saved, says so, and is saved with the next change', async () => {
    const { devices, path, open, text } = await book()
    const { record, token } = await devices.add(phone)
    const good = await text()
    await writeFile(path, 'not what xopc wrote')
    await expect(devices.revoke(record.id)).rejects.toMatchObject({ code: 'DEVICES_BROKEN' })
    expect(devices.find(token)).toBeNull()
    await writeFile(path, good)
    await devices.add(phone)
    expect(devices.find(token)).toBeNull()
    expect((await open()).find(token)).toBeNull()
  })

  it('by another program counts here with the next change, and nothing here takes it back', async () => {
    const { devices, open } = await book()
    const { record, token } = await devices.add(phone)
    const told: string[] = []
    devices.follow({ ended: (id) => told.push(id) })
    const other = await open()
    await other.revoke(record.id)
    devices.seen(record, home)
    await devices.add(phone)
    expect([devices.find(token), told]).toEqual([null, [record.id]])
    expect((await open()).find(token)).toBeNull()
  })

  it('remembers the last 100', async () => {
    const { devices, text } = await book()
    const { token } = await devices.add({ ...phone, name: 'stays' })
    for (let n = 0; n < 104; n++) await devices.revoke((await devices.add({ ...phone, name: `gone ${n}` })).record.id)
    expect((await text()).match(/"gone \d+"/g)).toHaveLength(100)
    expect(devices.find(token)?.name).toBe('stays')
  })
})

describe('a broken file', () => {
  it.each([
    ['nothing', '', 'it is empty'],
    ['half a file', '{"devices": [{"id"', 'it is not valid JSON'],
    ['a list', '[]', 'the whole: '],
    ['a device without a digest', JSON.stringify({ devices: [{ id: '3f6d2c1e-8a55-4b7e-9d0c-1a2b3c4d5e6f', name: 'x' }] }), 'devices.0.'],
  ])('%s: is refused with its place, and left as it is', async (_, broken, reason) => {
    const { path, open } = await book()
    await writeFile(path, broken)
    const error = await open().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(XopcError)
    expect(error).toMatchObject({ code: 'DEVICES_BROKEN', message: expect.stringContaining(reason) })
    expect(await readFile(path, 'utf8')).toBe(broken)
  })

  it.each([
    ['a scope that there is not', { scopes: ['root'] }],
    ['a base URL with a path', { baseUrl: 'https://gateway.test/x' }],
    ['an id twice', {}],
  ])('%s: is refused', async (_, change) => {
    const { path, open, devices, text } = await book()
    await devices.add(phone)
    const [saved] = (JSON.parse(await text()) as { devices: Record<string, unknown>[] }).devices
    await writeFile(path, JSON.stringify({ devices: [saved, { ...saved, ...change }] }))
    await expect(open()).rejects.toMatchObject({ code: 'DEVICES_BROKEN' })
  })

  it('while it runs: nothing is written over it, and who was let in stays in', async () => {
    const { devices, path } = await book()
    const { token } = await devices.add(phone)
    await writeFile(path, '{')
    await expect(devices.add(phone)).rejects.toMatchObject({ code: 'DEVICES_BROKEN' })
    expect(await readFile(path, 'utf8')).toBe('{')
    expect(devices.find(token)?.name).toBe('Pixel')
    await devices.close()
    expect(await readFile(path, 'utf8')).toBe('{')
  })
})

describe('where it was seen', () => {
  it('a network is news when it is not the first and was not there before', async () => {
    const { devices, open } = await book()
    const { record } = await devices.add(phone)
    const told: string[] = []
    devices.follow({ network: ({ name }, { ip }) => told.push(`${name} ${ip}`) })
    const seen = (ip: string | null) => devices.seen(record, { ip, ingress: 'proxy' })
    expect(
      ['203.0.113.9', '203.0.113.200', '198.51.100.1', '203.0.113.9', '198.51.100.7', null, '2001:db8:1:2::3', '2001:db8:1:9::9'].map(seen),
    ).toEqual(['known', 'known', 'new-network', 'known', 'known', 'known', 'new-network', 'known'])
    expect(told).toEqual(['Pixel 198.51.100.1', 'Pixel 2001:db8:1:2::3'])
    await devices.close()
    const later = await open()
    expect(['198.51.100.99', '192.0.2.1'].map((ip) => later.seen(record, { ip, ingress: 'proxy' }))).toEqual(['known', 'new-network'])
    await later.close()
  })

  it('is kept for 64 networks', async () => {
    const { devices } = await book()
    const { record } = await devices.add(phone)
    for (let n = 0; n < 100; n++) devices.seen(record, { ip: `10.0.${n}.1`, ingress: 'lan' })
    expect(devices.get(record.id)?.networks).toHaveLength(64)
    await devices.close()
  })

  it('is nothing where the device was revoked', async () => {
    const { devices } = await book()
    const { record } = await devices.add(phone)
    await devices.revoke(record.id)
    expect(devices.seen(record, home)).toBe('known')
    expect(devices.get(record.id)).toBeNull()
  })

  it('goes to disk at most once a minute, and with the end', async () => {
    const { clock, pass } = heldClock()
    const { devices, text } = await book(clock)
    const { record } = await devices.add(phone)
    const savedIp = async () => (JSON.parse(await text()) as { devices: { lastIp: string | null }[] }).devices[0]?.lastIp
    devices.seen(record, home)
    pass(59_999)
    devices.seen(record, { ip: '203.0.113.10', ingress: 'lan' })
    expect(await savedIp()).toBeNull()
    pass(1)
    await until(async () => (await savedIp()) === '203.0.113.10')
    devices.seen(record, { ip: '203.0.113.11', ingress: 'lan' })
    await systemClock.sleep(20)
    expect(await savedIp()).toBe('203.0.113.10')
    await devices.close()
    expect(await savedIp()).toBe('203.0.113.11')
  })

  it('is told with the saving of it: of each device that was here since, once, and not of one that was thrown out', async () => {
    const { clock, pass } = heldClock()
    const { devices } = await book(clock)
    const [one, two, gone] = [await devices.add(phone), await devices.add(phone), await devices.add(phone)]
    const told: string[][] = []
    devices.follow({ seen: (ids) => void told.push([...ids]) })
    for (const { record } of [one, one, two, gone]) devices.seen(record, home)
    await devices.revoke(gone.record.id)
    expect(told).toEqual([])
    pass(60_000)
    await until(async () => told.length > 0)
    expect(told).toEqual([[one.record.id, two.record.id]])
    await devices.close()
  })
})

it('loses nothing where two programs change it at once', async () => {
  const { devices, open } = await book()
  const other = await open()
  await Promise.all(Array.from({ length: 20 }, async (_, n) => await (n % 2 ? devices : other).add({ ...phone, name: `device ${n}` })))
  const later = await open()
  expect(later.list()).toHaveLength(20)
})
