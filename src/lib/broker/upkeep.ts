import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { LeaseBook } from './leases.ts'
import type { Sessions } from './sessions.ts'
import type { Store } from './store/sqlite.ts'
import { isOver } from './tunnels.ts'

/** What is looked after. */
export interface Upkeep {
  store: Store
  book: LeaseBook
  sessions: Sessions
  clock: Clock
  log: Log
  audit: Audit
}

const EVERY_MS = 1000

/**
 * Once a second: saves heartbeats, cuts what is over, and takes over what the command line did in the file meanwhile, so that who was revoked is
 * cut. Returns the way to stop it, which saves a last time.
 */
export function keepHouse(parts: Upkeep): () => Promise<void> {
  const { store, book, sessions, clock, log, audit } = parts
  const stopping = new AbortController()
  let version = store.version()

  function once(): void {
    book.flush()
    for (const lease of book.all()) if (lease.connected && isOver(lease, clock)) sessions.cut(lease)
    const now = store.version()
    if (now === version) return
    version = now
    book.reload((lease) => {
      sessions.cut(lease)
      audit.write('TunnelAudit.revoked', { subdomain: lease.subdomain, gatewayId: lease.gatewayId })
    })
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        once()
      } catch (error) {
        // A full disk: what is in memory is right, and is saved as soon as that works.
        log.error('the broker’s file could not be kept up', { error })
      }
      await clock.sleep(EVERY_MS, stopping.signal).catch(() => {})
    }
  }

  const over = loop()
  return async () => {
    stopping.abort()
    await over
    book.flush()
  }
}
