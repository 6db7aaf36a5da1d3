import type { Xopc } from '../lib/core/xopc.ts'
import { cleanText } from '../lib/protocol/outside-text.ts'
import type { Device } from '../lib/protocol/pairing-api.ts'
import { cliErrors } from './errors.ts'
import { findDevice } from './find-device.ts'

const longest = 100

/** The device that was typed. Throws `DEVICE_NOT_FOUND`, `DEVICE_AMBIGUOUS`. */
export async function meantDevice(xopc: Xopc, given: string): Promise<Device> {
  const meant = findDevice(await xopc.devices(), given)
  if (meant.kind === 'one') return meant.device
  const id = cleanText(given, longest)
  if (meant.kind === 'several') {
    const names = meant.devices.map((each) => `${each.id} (${cleanText(each.name, longest)})`).join(', ')
    throw cliErrors.DEVICE_AMBIGUOUS({ given: id, devices: names })
  }
  const { coreErrors } = await import('../lib/core/errors.ts')
  throw coreErrors.DEVICE_NOT_FOUND({ id })
}

/** One device is meant, or all: not both and not neither. Throws `USAGE`. */
export function requireOne(id: string | undefined, all: boolean): string {
  const help = 'xopc devices revoke --help'
  if (id === undefined) throw cliErrors.USAGE({ problem: 'Name a device, or --all of them.', help })
  if (all) throw cliErrors.USAGE({ problem: 'Name a device or --all of them, not both.', help })
  return id
}
