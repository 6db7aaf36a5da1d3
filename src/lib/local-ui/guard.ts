import type { XopcError } from '../errors/error.ts'
import { localUiErrors } from './errors.ts'

/** What of a request tells whether a page of ours made it. */
export interface Asked {
  method: string
  /** Every Host header that came. */
  hosts: readonly string[]
  origin: string | undefined
}

const readsOnly: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Why a request is refused before anything is looked at, or null. A name that only leads here (rebinding) is not ours, a browser names the
 * page that asks, and what changes something must come from a page that was named. Pure.
 */
export function refusalOf({ method, hosts, origin }: Asked, authority: string): XopcError | null {
  if (hosts.length !== 1 || hosts[0]?.toLowerCase() !== authority) return localUiErrors.UI_FOREIGN_HOST()
  const isOurs = origin === undefined ? readsOnly.has(method) : origin === `http://${authority}`
  return isOurs ? null : localUiErrors.UI_FOREIGN_ORIGIN()
}
