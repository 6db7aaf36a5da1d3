import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { LeaseBook } from './leases.ts'
import { proxyNameOf } from './registrations.ts'
import type { Sessions } from './sessions.ts'

/**
 * Sees to it that nothing is left of whoever was thrown out. frps closes the control of a client whose pings are refused, and no unmodified frpc goes on
 * after that; but frps has no way to end the streams of one that was changed to. Then frps itself is started anew.
 */
export interface Holdouts {
  /** Its gateway was thrown out: half a minute later nothing of it may be left. */
  watch(lease: { subdomain: string; gatewayId: string }): void
  /** frps was started anew: nothing of before is left. */
  forget(): void
  /** Looks whose time has come. Never rejects. */
  look(): Promise<void>
}

/** What it takes. */
export interface HoldoutParts {
  book: Pick<LeaseBook, 'byName'>
  sessions: Pick<Sessions, 'isOpen'>
  clock: Pick<Clock, 'now'>
  log: Log
  audit: Audit
  /** How many connections of visitors frps has for a proxy. Rejects where it does not say. */
  connectionsOf(proxyName: string): Promise<number>
  restartFrps(): void
}

/** Enough for frps to close who sends no pings that count (20 s), and for what its connections still had to say. Milliseconds. */
const LEAVES_MS = 25_000

/** Watches in memory: a broker that ends takes frps with it, and all connections. */
export function createHoldouts(parts: HoldoutParts): Holdouts {
  const due = new Map<string, { gatewayId: string; at: number }>()

  async function isLeft(subdomain: string): Promise<boolean> {
    // The gateway is here again, by another registration secret: what is left is its own.
    if (parts.book.byName(subdomain) !== undefined) return false
    if (parts.sessions.isOpen(subdomain)) return true
    return await parts.connectionsOf(proxyNameOf(subdomain)).then(
      (count) => count > 0,
      (error: unknown) => {
        // What cannot be looked at must not be taken for gone.
        parts.log.error('frps does not say who is connected', { error })
        return true
      },
    )
  }

  return {
    watch: ({ subdomain, gatewayId }) => void due.set(subdomain, { gatewayId, at: parts.clock.now() + LEAVES_MS }),
    forget: () => due.clear(),
    async look() {
      for (const [subdomain, { gatewayId, at }] of due) {
        if (at > parts.clock.now()) continue
        due.delete(subdomain)
        if (!(await isLeft(subdomain))) continue
        const reason = 'a gateway that was thrown out kept its connections open'
        parts.log.warn('frps is started anew', { reason, subdomain })
        parts.audit.write('TunnelAudit.frpsRestarted', { reason, subdomain, gatewayId })
        parts.restartFrps()
        due.clear()
      }
    },
  }
}
