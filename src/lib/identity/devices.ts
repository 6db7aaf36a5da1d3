import { hash, randomBytes } from 'node:crypto'
import { type AskedHost, namesAuthority } from '../protocol/authority.ts'
import type { Clock } from '../system/clock.ts'
import { withFileLock } from '../system/file-lock.ts'
import { readText, writeAtomic } from '../system/files.ts'
import { createInTurn } from '../system/in-turn.ts'
import type { Log } from '../system/log.ts'
import { devicesIn, textOfDevices } from './device-file.ts'
import { indexOf } from './device-index.ts'
import { type DeviceRecord, type NewDevice, type Sighting, joined, newRecord, seenAt, withoutOld } from './device-record.ts'
import { networkOf } from './network.ts'

export type { DeviceRecord } from './device-record.ts'

/** How every device token starts. */
export const DEVICE_TOKEN_PREFIX = 'xopc_dt_'

/** Who wants to know what happens to devices. */
export interface DeviceListener {
  /** The device of this id may not come in any more: said at once, before that is saved. */
  ended?(id: string): void
  /** It came from a network (IPv4 /24, IPv6 /48) that it never came from before; not said of the first one. */
  network?(device: DeviceRecord, from: Sighting): void
  /** The devices of these ids were here since this was said last: at most once a minute. */
  seen?(ids: ReadonlySet<string>): void
}

/** What joined by a pairing code, kept in `devices.json`. Whatever changes it throws `DEVICES_BROKEN`, `FILE_NOT_WRITABLE`, `DISK_FULL`, `LOCK_TIMEOUT`. */
export interface Devices {
  /** Those that may come in. */
  list(): DeviceRecord[]
  /** Whose token this is, by its SHA-256; null for a stranger's and for one that was thrown out. */
  find(token: string): DeviceRecord | null
  /** By its id; null where it may not come in. */
  get(id: string): DeviceRecord | null
  /** A new device with a token of its own, on disk before this resolves. The token is told here and never again. */
  add(given: NewDevice): Promise<{ record: DeviceRecord; token: string }>
  /** Gives it another name; null where there is no such device. */
  rename(id: string, name: string): Promise<DeviceRecord | null>
  /** Throws it out: at once, and for good when this resolves. False where there is no such device. */
  revoke(id: string): Promise<boolean>
  /** Throws all out; says how many there were. */
  revokeAll(): Promise<number>
  /** Notes that it was here; goes to disk at most once a minute. */
  seen(device: Pick<DeviceRecord, 'id'>, from: Sighting): 'known' | 'new-network'
  /** Whether a living device was paired with this origin. */
  isOrigin(origin: string): boolean
  /** Whether a living device was paired with an origin at this host. */
  isHost(asked: AskedHost): boolean
  /** Tells of what happens from now on. Returns the way to stop it. */
  follow(listener: DeviceListener): () => void
  /** Saves what is not on disk yet; a failure goes to the log. */
  close(): Promise<void>
}

/** Between two savings of when devices were last seen, milliseconds. */
const SAVE_MS = 60_000

type Edit = (saved: DeviceRecord[]) => DeviceRecord[]

/**
 * Opens `devices.json`. The file is the truth about which devices there are, also where another program of xopc changed it since: every change
 * reads it anew under its lock. Throws `DEVICES_BROKEN`, `FILE_NOT_READABLE`.
 */
export async function openDevices(parts: { state: { paths: { devices: string } }; clock: Clock; log: Log }): Promise<Devices> {
  const { clock, log } = parts
  const path = parts.state.paths.devices
  const stop = new AbortController()
  const listeners = new Set<DeviceListener>()
  let records = new Map<string, DeviceRecord>()
  let living = indexOf([])
  const inTurn = createInTurn()
  let savedAt = -Infinity
  let unsaved = false
  let waiting = false
  let here = new Set<string>()
  adopt(devicesIn(await readText(path), path))

  /** What is on disk with what happened here meanwhile; then says who is not among the living any more. */
  function adopt(saved: readonly DeviceRecord[]): void {
    const before = living
    records = new Map(saved.map((record) => [record.id, joined(record, records.get(record.id))]))
    living = indexOf(records.values())
    for (const id of before.ids) {
      if (!living.ids.has(id)) tell((listener) => listener.ended?.(id))
    }
  }

  function tell(what: (listener: DeviceListener) => void): void {
    for (const listener of listeners) what(listener)
  }

  async function save(edit: Edit = (saved) => saved): Promise<void> {
    await inTurn(async () => await withFileLock(path, async () => await rewrite(edit)))
  }

  async function rewrite(edit: Edit): Promise<void> {
    const saved = devicesIn(await readText(path), path)
    const next = withoutOld(edit(saved.map((record) => joined(record, records.get(record.id)))))
    unsaved = false
    try {
      await writeAtomic(path, textOfDevices(next))
    } catch (error) {
      unsaved = true
      throw error
    }
    savedAt = clock.now()
    adopt(next)
  }

  function saveSoon(): void {
    unsaved = true
    if (waiting || stop.signal.aborted) return
    waiting = true
    saveLater().catch((error: unknown) => {
      if (!stop.signal.aborted) log.warn('when devices were last seen could not be saved', { error: String(error) })
    })
  }

  async function saveLater(): Promise<void> {
    await clock.sleep(Math.max(0, savedAt + SAVE_MS - clock.now()), stop.signal)
    waiting = false
    // Also where it fails: a full disk is not asked again with every request.
    savedAt = clock.now()
    tellSeen()
    await save()
  }

  function tellSeen(): void {
    const ids = new Set([...here].filter((id) => living.ids.has(id)))
    here = new Set()
    if (ids.size > 0) tell((listener) => listener.seen?.(ids))
  }

  async function revoke(ids: Iterable<string>): Promise<number> {
    const gone = [...ids].flatMap((id) => get(id) ?? [])
    if (gone.length === 0) return 0
    const revokedAt = new Date(clock.now()).toISOString()
    // Whatever the disk says: who is thrown out must not be able to wait for it.
    for (const record of gone) records.set(record.id, { ...record, revokedAt })
    living = indexOf(records.values())
    for (const { id } of gone) tell((listener) => listener.ended?.(id))
    unsaved = true
    await save()
    return gone.length
  }

  function get(id: string): DeviceRecord | null {
    return living.ids.has(id) ? (records.get(id) ?? null) : null
  }

  return {
    list: () => [...living.ids].flatMap((id) => records.get(id) ?? []),
    find: (token) => (token.startsWith(DEVICE_TOKEN_PREFIX) ? get(living.byHash.get(hash('sha256', token)) ?? '') : null),
    get,
    async add(given) {
      const token = DEVICE_TOKEN_PREFIX + randomBytes(32).toString('base64url')
      const record = newRecord(given, hash('sha256', token), new Date(clock.now()).toISOString())
      await save((saved) => [...saved, record])
      return { record, token }
    },
    async rename(id, name) {
      if (!living.ids.has(id)) return null
      await save((saved) => saved.map((record) => (record.id === id ? { ...record, name } : record)))
      return get(id)
    },
    revoke: async (id) => (await revoke([id])) === 1,
    revokeAll: async () => await revoke(living.ids),
    seen({ id }, from) {
      const record = get(id)
      if (record === null) return 'known'
      const network = from.ip === null ? null : networkOf(from.ip)
      const isNew = network !== null && record.networks.length > 0 && !record.networks.includes(network)
      const now = seenAt(record, from, network, new Date(clock.now()).toISOString())
      records.set(id, now)
      here.add(id)
      saveSoon()
      if (isNew) tell((listener) => listener.network?.(now, from))
      return isNew ? 'new-network' : 'known'
    },
    isOrigin: (origin) => living.origins.has(origin),
    isHost: (asked) => living.sites.some(({ host, proto }) => namesAuthority(asked, host, proto)),
    follow(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      stop.abort()
      // What is being saved now may be all there is.
      await inTurn(async () => {})
      if (!unsaved) return
      await save().catch((error: unknown) => log.warn('when devices were last seen could not be saved', { error: String(error) }))
    },
  }
}
