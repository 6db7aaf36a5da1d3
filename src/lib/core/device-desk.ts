import type { DeviceRecord, Devices } from '../identity/devices.ts'
import { cleanText } from '../protocol/outside-text.ts'
import type { Device } from '../protocol/pairing-api.ts'
import { coreErrors } from './errors.ts'
import type { Xopc } from './xopc.ts'

/** Of a device's name, in characters. */
const LONGEST = 64

/** The part of Xopc that is about devices. */
export type DeviceDesk = Pick<Xopc, 'devices' | 'renameDevice' | 'revokeDevice' | 'revokeDevices'>

/** Who is told what became of a device. */
export interface DeviceListeners {
  /** Of each whose credential ended, which is at once. */
  revoked(gone: Pick<Device, 'id' | 'name'>): void
  renamed?(device: Device): void
  /** Everything was thrown out: what could still let somebody in should go, too. */
  revokedAll?(): void
}

/** Lists, renames and revokes. */
export function createDeviceDesk(devices: Devices, tell: DeviceListeners): DeviceDesk {
  const living = (): DeviceRecord[] => devices.list()

  function find(id: string): DeviceRecord {
    const record = living().find((each) => each.id === id)
    if (record === undefined) throw coreErrors.DEVICE_NOT_FOUND({ id: cleanText(id, LONGEST) })
    return record
  }

  /** A token is dead at once, also where that could not be saved: its streams end, and then the failure is told. */
  async function orToldAllTheSame(saved: Promise<unknown>, gone: readonly DeviceRecord[]): Promise<void> {
    for (const each of gone) tell.revoked(each)
    await saved
  }

  return {
    devices: async () =>
      living()
        .map(deviceView)
        .toSorted((a, b) => (a.pairedAt < b.pairedAt ? 1 : -1)),
    async renameDevice(id, text) {
      const name = deviceName(text)
      await devices.rename(find(id).id, name)
      const renamed = deviceView(find(id))
      tell.renamed?.(renamed)
      return renamed
    },
    async revokeDevice(id) {
      const gone = find(id)
      await orToldAllTheSame(devices.revoke(id), [gone])
    },
    async revokeDevices() {
      const gone = living()
      tell.revokedAll?.()
      await orToldAllTheSame(devices.revokeAll(), gone)
      return gone.length
    },
  }
}

/** A device as any face shows it: without what only proves its credential. Pure. */
export function deviceView(record: DeviceRecord): Device {
  const { id, name, platform, kind, scopes, baseUrl, pairedAt, lastSeenAt, lastIp, lastIngress } = record
  return { id, name, platform, kind, scopes: [...scopes], baseUrl, pairedAt, lastSeenAt, lastIp, lastIngress }
}

/** A name as it is kept: without what cannot be seen. Throws `DEVICE_NAME_INVALID` where nothing is left, or too much. */
export function deviceName(text: string): string {
  const name = cleanText(text, LONGEST + 1)
  if (name === '' || [...name].length > LONGEST) throw coreErrors.DEVICE_NAME_INVALID()
  return name
}
