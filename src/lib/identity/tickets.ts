import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '../system/clock.ts'

/** What a ticket opens: an EventSource, a WebSocket, or one probe request. */
export type TicketUse = 'events' | 'ws' | 'probe'

/** How every ticket starts, so that an app's own `ticket` parameter is left alone. */
export const TICKET_PREFIX = 'xopc_tk_'

/** What was asked for when the ticket was made. */
export interface Ticket<Holder> {
  use: TicketUse
  /** Who asked, as it was at that moment. */
  holder: Holder
}

/** Single-use credentials that may stand in a URL. In memory only. */
export interface Tickets<Holder> {
  /** A new ticket, good once within 30 s. */
  issue(use: TicketUse, holder: Holder): { ticket: string; expiresAt: number }
  /** Uses the ticket up; null where it is unknown, used, expired or for something else. */
  redeem(ticket: string, use: TicketUse): Ticket<Holder> | null
  /** Ends every ticket, for example when the token is rotated. */
  clear(): void
}

const LIFETIME_MS = 30_000
const MAX_TICKETS = 4_096

/** Tickets in memory, at most 4,096 at a time (the oldest goes first). */
export function createTickets<Holder>({ clock }: { clock: Pick<Clock, 'now'> }): Tickets<Holder> {
  // Keyed by digest, so that a look-up's timing tells nothing of a living ticket. Insertion order is age, because all live equally long.
  const living = new Map<string, Ticket<Holder> & { expiresAt: number }>()

  function forgetOld(): void {
    for (const [key, ticket] of living) {
      if (ticket.expiresAt > clock.now() && living.size < MAX_TICKETS) return
      living.delete(key)
    }
  }

  return {
    issue(use, holder) {
      forgetOld()
      const ticket = TICKET_PREFIX + randomBytes(32).toString('base64url')
      const expiresAt = clock.now() + LIFETIME_MS
      living.set(hash('sha256', ticket), { use, holder, expiresAt })
      return { ticket, expiresAt }
    },
    redeem(ticket, use) {
      if (!ticket.startsWith(TICKET_PREFIX)) return null
      const key = hash('sha256', ticket)
      const found = living.get(key)
      if (!found) return null
      living.delete(key)
      return found.use === use && found.expiresAt > clock.now() ? { use, holder: found.holder } : null
    },
    clear: () => living.clear(),
  }
}
