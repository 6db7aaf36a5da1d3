import { z } from 'zod'
import { ingressIds } from '../protocol/http-api.ts'
import type { DeviceRecord } from './device-record.ts'
import { identityErrors } from './errors.ts'

const time = z.iso.datetime()

const entry = z.object({
  id: z.uuid(),
  name: z.string().min(1).max(256),
  platform: z.string().max(256).nullable(),
  kind: z.enum(['app', 'browser']),
  scopes: z.array(z.enum(['read', 'run', 'pair', 'admin'])),
  baseUrl: z
    .string()
    .refine((url) => URL.canParse(url) && new URL(url).origin === url, 'it is not an origin')
    .nullable(),
  created: time,
  lastSeen: time.nullable(),
  lastIp: z.string().max(64).nullable(),
  lastIngress: z.enum(ingressIds).nullable(),
  tokenSha256: z.string().regex(/^[0-9a-f]{64}$/),
  revokedAt: time.nullable(),
  networks: z.array(z.string().max(64)),
})

const file = z.object({ devices: z.array(entry) })

/** Devices in the text of `devices.json`; none where there is no file. Throws `DEVICES_BROKEN`. Pure. */
export function devicesIn(text: string | null, path: string): DeviceRecord[] {
  if (text === null) return []
  const { success, data, error } = file.safeParse(parseJson(text, path))
  if (!success) throw broken(path, whereOf(error))
  const records = data.devices.map(({ created, lastSeen, tokenSha256, ...rest }) => {
    return { ...rest, pairedAt: created, lastSeenAt: lastSeen, tokenHash: tokenSha256 }
  })
  if (new Set(records.map(({ id }) => id)).size < records.length) throw broken(path, 'two devices in it have the same id')
  return records
}

/** The text of the file. Pure. */
export function textOfDevices(records: Iterable<DeviceRecord>): string {
  const devices = [...records].map(({ pairedAt, lastSeenAt, tokenHash, ...rest }) => {
    return { ...rest, created: pairedAt, lastSeen: lastSeenAt, tokenSha256: tokenHash }
  })
  return `${JSON.stringify({ devices }, null, 2)}\n`
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw identityErrors.DEVICES_BROKEN({ path, reason: text.trim() === '' ? 'it is empty' : 'it is not valid JSON' }, { cause })
  }
}

function whereOf({ issues: [first] }: z.ZodError): string {
  return first === undefined ? 'it has another form' : `${first.path.join('.') || 'the whole'}: ${first.message}`
}

function broken(path: string, reason: string): Error {
  return identityErrors.DEVICES_BROKEN({ path, reason })
}
