import { expect, it } from 'vitest'
import { keepHouse } from '../../../src/lib/broker/upkeep.ts'
import type { Lease, LeaseBook } from '../../../src/lib/broker/leases.ts'
import type { Store } from '../../../src/lib/broker/store/sqlite.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { handClock } from '../core/hand-clock.ts'

// `as`: what is looked at of a lease, a book and a file here.
const lease = { subdomain: 'mine', gatewayId: 'g' } as Lease

it('a revocation that could not be read is read again, and holds where nothing can be saved', async () => {
  const clock = handClock()
  const gone: string[] = []
  const [full, busy] = [new Error('ENOSPC'), new Error('SQLITE_BUSY')]
  let reads = 0
  const book = {
    flush() {
      throw full
    },
    reload(tell) {
      reads += 1
      if (reads === 1) throw busy
      tell(lease)
    },
  } as Pick<LeaseBook, 'flush' | 'reload'> as LeaseBook
  let version = 1
  const stop = keepHouse({
    store: { version: () => version } as Pick<Store, 'version'> as Store,
    book,
    sessions: { tidy: () => {} },
    holdouts: { watch: ({ subdomain }) => void gone.push(subdomain), look: async () => {} },
    clock,
    log: silentLog,
    audit: { write: () => {} },
  })
  version = 2
  await clock.advance(1000)
  expect([reads, gone]).toEqual([1, []])
  await clock.advance(1000)
  expect([reads, gone]).toEqual([2, ['mine']])
  await clock.advance(1000)
  expect(reads).toBe(2)
  await expect(stop()).rejects.toMatchObject({ code: 'BROKER_NOT_SAVED', cause: full })
})
