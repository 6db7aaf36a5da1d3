import type { Device } from '../../lib/protocol/pairing-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { table } from './table.ts'
import { duration } from './time.ts'

const longest = 100
const idLength = 8

/** Where and when devices are shown. */
interface Show {
  running: boolean
  columns: number
  /** Milliseconds since the epoch. */
  now: number
}

/** What `xopc devices list` shows. Pure. */
export function renderDevices(devices: readonly Device[], { running, columns, now }: Show): string[] {
  const offline = running ? [] : ['The gateway is not running; this is what its file says.', '']
  if (devices.length === 0) return [...offline, 'No device has joined yet.', '', `Next: ${running ? 'xopc pair' : 'xopc gateway'}`]
  const ids = shortIds(devices)
  const rows = devices.map((device, index) => [ids[index] ?? device.id, ...row(device, now)])
  return [
    ...offline,
    ...table(['Id', 'Name', 'Kind', 'May', 'Joined', 'Last seen'], rows, columns),
    '',
    `Next: xopc devices revoke ${ids[0] ?? '<id>'}, to throw one out`,
  ]
}

function row({ name, platform, kind, scopes, pairedAt, lastSeenAt, lastIp, lastIngress }: Device, now: number): string[] {
  const from = [lastIp, lastIngress].flatMap((part) => (part === null ? [] : [cleanText(part, longest)])).join(' by ')
  const seen = lastSeenAt === null ? 'never' : `${ago(lastSeenAt, now)}${from === '' ? '' : `, from ${from}`}`
  return [
    cleanText(name, longest),
    platform === null ? kind : `${kind}, ${cleanText(platform, longest)}`,
    scopes.join(' '),
    ago(pairedAt, now),
    seen,
  ]
}

function ago(at: string, now: number): string {
  const seconds = Math.round((now - Date.parse(at)) / 1000)
  return seconds < 5 ? 'just now' : `${duration(seconds)} ago`
}

/** The beginnings that tell all of them apart, at least 8 characters. */
function shortIds(devices: readonly Device[]): string[] {
  const cut = (length: number): string[] => devices.map(({ id }) => cleanText(id, longest).slice(0, length))
  for (let length = idLength; length < longest; length += 4) if (new Set(cut(length)).size === devices.length) return cut(length)
  return cut(longest)
}

/** What `xopc devices rename` says. Pure. */
export function renderRenamed(before: string, { name }: Device): string[] {
  return [`“${cleanText(before, longest)}” is called “${cleanText(name, longest)}” now.`]
}

/** What `xopc devices revoke` says. Pure. */
export function renderRevoked(names: readonly string[], running: boolean): string[] {
  if (names.length === 0) return ['There was no device to revoke.']
  const which = names.map((name) => `“${cleanText(name, longest)}”`).join(', ')
  const effect = running ? 'what it had open was closed' : 'it stays out when the gateway starts'
  return [
    `Revoked: ${which}; ${names.length === 1 ? effect : effect.replace('it had', 'they had').replace('it stays', 'they stay')}.`,
    '',
    'Next: xopc pair, to let a device in again',
  ]
}
