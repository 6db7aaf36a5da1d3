import { withFileLock } from '../system/file-lock.ts'
import { readText, writeAtomic } from '../system/files.ts'
import { stateErrors } from './errors.ts'
import type { State } from './store.ts'

/** A gateway elsewhere that this computer has met, and what it proved there. Times are ISO 8601. */
export interface KnownGateway {
  /** Where it was met: an origin, or `ssh:user@host`. */
  origin: string
  gatewayId: string
  /** The raw 32 bytes of its Ed25519 key, base64url. */
  publicKey: string
  /** Where else it said that it is, best first. */
  urls: string[]
  /** The origin that worked last, where it was another one. */
  lastGood: string | null
  firstSeen: string
  lastSeen: string
}

/** What a change is made of; null removes the entry. */
export type KnownChange = (known: KnownGateway | null) => KnownGateway | null

/** The gateway that was met there, or null. Throws `KNOWN_GATEWAYS_BROKEN`, `FILE_NOT_READABLE`. */
export async function knownGateway({ paths }: Pick<State, 'paths'>, origin: string): Promise<KnownGateway | null> {
  return (await read(paths.knownGateways)).find((each) => each.origin === origin) ?? null
}

/** Changes what is known of one place; nothing is written where it stays as it was. Throws as `knownGateway`, and `FILE_NOT_WRITABLE`, `DISK_FULL`, `LOCK_TIMEOUT`. */
export async function changeKnownGateway({ paths }: Pick<State, 'paths'>, origin: string, change: KnownChange): Promise<void> {
  const path = paths.knownGateways
  await withFileLock(path, async () => {
    const all = await read(path)
    const before = all.find((each) => each.origin === origin) ?? null
    const after = change(before)
    if (after === before) return
    const gateways = [...all.filter((each) => each !== before), ...(after === null ? [] : [after])]
    await writeAtomic(path, `${JSON.stringify({ gateways }, null, 2)}\n`)
  })
}

async function read(path: string): Promise<KnownGateway[]> {
  const text = await readText(path)
  if (text === null) return []
  const broken = (reason: string, options?: ErrorOptions) => stateErrors.KNOWN_GATEWAYS_BROKEN({ path, reason }, options)
  const { gateways } = Object(parsed(text, broken)) as { gateways?: unknown }
  if (!Array.isArray(gateways)) throw broken('it holds no list of gateways')
  return gateways.map((each: unknown) => {
    if (!isKnown(each)) throw broken('an entry has another form')
    return each
  })
}

function parsed(text: string, broken: (reason: string, options: ErrorOptions) => Error): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw broken('it is no JSON', { cause: error })
  }
}

function isKnown(value: unknown): value is KnownGateway {
  const { origin, gatewayId, publicKey, urls, lastGood, firstSeen, lastSeen } = Object(value) as Record<string, unknown>
  const texts = [origin, gatewayId, publicKey, firstSeen, lastSeen]
  const isList = Array.isArray(urls) && urls.every((url) => typeof url === 'string')
  return texts.every((text) => typeof text === 'string') && isList && (lastGood === null || typeof lastGood === 'string')
}
