import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { LeaseBook } from './leases.ts'
import type { Counter } from './limits.ts'
import type { Sessions } from './sessions.ts'
import type { BrokerSettings } from './settings.ts'
import type { Store } from './store/sqlite.ts'

/** What the API stands on. */
export interface ApiParts {
  settings: BrokerSettings
  store: Store
  book: LeaseBook
  sessions: Sessions
  counters: { address: Counter; key: Counter; failures: Counter; probes: Counter }
  clock: Pick<Clock, 'now'>
  audit: Audit
  /** Ports that it came to. */
  ports(): { api: number; links: number }
}
