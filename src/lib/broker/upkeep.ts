import type { Audit } from '../system/audit.ts'
import { type Clock, pause } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { brokerErrors } from './errors.ts'
import type { Holdouts } from './holdouts.ts'
import type { LeaseBook } from './leases.ts'
import type { Sessions } from './sessions.ts'
import type { Store } from './store/sqlite.ts'

/** What is looked after. */
export interface Upkeep {
  store: Store
  book: LeaseBook
  sessions: Pick<Sessions, 'tidy'>
  holdouts: Pick<Holdouts, 'watch' | 'look'>
  clock: Clock
  log: Log
  audit: Audit
}

const EVERY_MS = 1000

/**
 * Once a second: saves heartbeats, and takes over what the command line did in the file meanwhile. Who was revoked is then refused whatever it asks for,
 * and has to be gone in time. Returns the way to stop it, which saves a last time and throws `BROKER_NOT_SAVED` where that fails.
 */
export function keepHouse(parts: Upkeep): () => Promise<void> {
  const { store, book, sessions, holdouts, clock, log, audit } = parts
  const stopping = new AbortController()
  let version = store.version()

  function once(): void {
    sessions.tidy()
    const now = store.version()
    if (now !== version) {
      book.reload((lease) => {
        holdouts.watch(lease)
        audit.write('TunnelAudit.revoked', { subdomain: lease.subdomain, gatewayId: lease.gatewayId })
      })
      // Not before: what could not be read is read again.
      version = now
    }
    // After that: who was revoked is out even where nothing can be saved.
    book.flush()
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        once()
      } catch (error) {
        // A full disk: what is in memory is right, and is saved as soon as that works.
        log.error('the broker’s file could not be kept up', { error })
      }
      await holdouts.look()
      await pause(clock, EVERY_MS, stopping.signal)
    }
  }

  const over = loop()
  return async () => {
    stopping.abort()
    await over
    try {
      book.flush()
    } catch (error) {
      throw brokerErrors.BROKER_NOT_SAVED({ reason: error instanceof Error ? error.message : String(error) }, { cause: error })
    }
  }
}
