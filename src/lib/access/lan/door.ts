import { XopcError } from '../../errors/error.ts'
import type { AccessContext } from '../access-method.ts'
import { authorityOf } from './addresses.ts'

/** Where the door should listen, and where it does. */
export interface DoorWish {
  wanted: readonly string[]
  /** Hosts it listens on already. */
  open: readonly string[]
  port: number
}

/** What came of it: the hosts it listens on (none: `error` says why), and the first thing that kept some out. */
export interface DoorResult {
  hosts: readonly string[]
  /** `http://192.168.1.5:18790`, in the order wanted. */
  urls: readonly string[]
  error: XopcError | null
}

/** Opens the door on every wanted address, or on those that go: one busy address must not keep the others closed. Throws what is no XopcError. */
export async function openDoor(context: AccessContext, wish: DoorWish): Promise<DoorResult> {
  const all = await tryOpen(context, wish.wanted, wish)
  if (all.error === null || wish.wanted.length === 1) return all
  return await openWhatGoes(context, wish, all.error)
}

async function openWhatGoes(context: AccessContext, wish: DoorWish, error: XopcError): Promise<DoorResult> {
  // Those that are open stay in every attempt, so that their connections live on.
  let hosts = wish.wanted.filter((host) => wish.open.includes(host))
  for (const host of wish.wanted.filter((host) => !wish.open.includes(host))) {
    const attempt = await tryOpen(context, [...hosts, host], wish)
    if (attempt.error === null) hosts = [...hosts, host]
  }
  if (hosts.length === 0) return { hosts, urls: [], error }
  const opened = await tryOpen(context, hosts, wish)
  return { ...opened, error }
}

async function tryOpen(context: AccessContext, hosts: readonly string[], { wanted, port }: DoorWish): Promise<DoorResult> {
  try {
    const { authorities } = await context.openIngress('lan', { kind: 'tcp', hosts, port })
    const place = (authority: string): number => wanted.findIndex((host) => authorityOf(host, port) === authority)
    const urls = authorities.toSorted((left, right) => place(left) - place(right)).map((authority) => `http://${authority}`)
    return { hosts, urls, error: null }
  } catch (error) {
    if (!(error instanceof XopcError)) throw error
    return { hosts: [], urls: [], error }
  }
}
