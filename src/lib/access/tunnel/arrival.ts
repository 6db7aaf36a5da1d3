import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { XopcError } from '../../errors/error.ts'
import type { OutsideLook } from '../../protocol/http-api.ts'
import { reachOf } from '../../protocol/reach.ts'
import type { AccessContext } from '../access-method.ts'
import { lookFromOutside } from './broker.ts'
import type { Lease } from './lease.ts'

/** The first certificate of a name can take that long, ms. */
const WAIT_MS = 180_000
const PAUSE_MS = 500

/** Visits the address until this gateway is met there; false where it is not within 3 minutes. Standing verification says then why. Throws only the signal's reason. */
export async function awaitVisit({ probe, clock }: AccessContext, url: string, signal: AbortSignal): Promise<boolean> {
  const giveUp = clock.now() + WAIT_MS
  for (;;) {
    if ((await probe.confirm(url, signal)) === null) return true
    if (clock.now() >= giveUp) return false
    await clock.sleep(PAUSE_MS, signal)
  }
}

/** The public address as the broker sees it; null where the broker is on this computer, and sees no more than we do. Throws only the signal's reason. */
export async function seeFromOutside(context: AccessContext, lease: Lease, signal: AbortSignal): Promise<OutsideLook | null> {
  const { hostname, host: by } = new URL(lease.brokerUrl)
  try {
    if (await isHere(hostname)) return null
    const seen = await lookFromOutside(lease, context.sign, signal)
    const at = new Date(context.clock.now()).toISOString()
    return 'ms' in seen ? { at, by, ok: true, ms: seen.ms } : { at, by, ok: false, message: seen.fault }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    // A broker that cannot look, or cannot be reached, says nothing about the way of visitors.
    if (error instanceof XopcError) return null
    throw error
  }
}

/** Whether a name leads to an address of this computer. One that leads nowhere is not here. */
async function isHere(hostname: string): Promise<boolean> {
  if (reachOf(hostname) === 'loopback') return true
  const own = new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)))
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => [])
  return found.some(({ address }) => own.has(address) || reachOf(address) === 'loopback')
}
