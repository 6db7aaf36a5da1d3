import type { Device } from '../lib/protocol/pairing-api.ts'

/** What a person meant: one device, none, or more than one. */
export type Meant = { kind: 'one'; device: Device } | { kind: 'none' } | { kind: 'several'; devices: Device[] }

/** The device of an id, of the beginning of one, or of an exact name. A whole id is never mistaken for a name. Pure. */
export function findDevice(devices: readonly Device[], given: string): Meant {
  const exact = devices.find(({ id }) => id === given)
  if (exact !== undefined) return { kind: 'one', device: exact }
  const fitting = given === '' ? [] : devices.filter(({ id, name }) => name === given || id.startsWith(given))
  const [device, ...others] = fitting
  if (device === undefined) return { kind: 'none' }
  return others.length === 0 ? { kind: 'one', device } : { kind: 'several', devices: fitting }
}
