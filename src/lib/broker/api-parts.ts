import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { LeaseBook } from './leases.ts'
import type { Counter } from './limits.ts'
import type { BrokerSettings } from './settings.ts'
import type { Store } from './store/sqlite.ts'

/** What the API stands on. */
export interface ApiParts {
  settings: BrokerSettings
  store: Store
  book: LeaseBook
  counters: { address: Counter; key: Counter; failures: Counter; probes: Counter; refusals: Counter }
  clock: Pick<Clock, 'now'>
  audit: Audit
  /** Where it came to listen. */
  port(): number
}
