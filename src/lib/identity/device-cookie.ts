import { type AskedHost, namesAuthority } from '../protocol/authority.ts'
import { type CookieNames, readCookies, writeCookie } from './cookie.ts'
import type { DeviceRecord, Devices } from './devices.ts'

const names: CookieNames = { plain: 'xopc_device', secure: '__Host-xopc_device' }

/** 400 days, the longest that browsers keep a cookie; it is worth nothing before that where the device is revoked. */
const MAX_AGE_S = 400 * 24 * 3600

/** `Set-Cookie` that gives a browser its device token, at the origin that it was paired with. */
export function deviceCookie(origin: string, token: string): string {
  const secure = origin.startsWith('https:')
  return writeCookie(names, token, { secure, maxAge: MAX_AGE_S })
}

/** The browser of a `Cookie` header, where Host and, if there is one, Origin are those that it was paired with; else null. */
export function deviceOfCookie(
  devices: Pick<Devices, 'find'>,
  header: string,
  asked: AskedHost,
  origin: string | null,
): DeviceRecord | null {
  for (const { value, secure } of readCookies(names, header)) {
    const device = devices.find(value)
    if (device?.kind !== 'browser' || device.baseUrl === null) continue
    const { host, protocol } = new URL(device.baseUrl)
    if (secure !== (protocol === 'https:') || !namesAuthority(asked, host, secure ? 'https' : 'http')) continue
    if (origin === null || origin === device.baseUrl) return device
  }
  return null
}
