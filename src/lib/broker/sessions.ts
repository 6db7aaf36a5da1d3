import type { Clock } from '../system/clock.ts'
import type { Lease } from './leases.ts'
import type { Link, Passage } from './passage.ts'

/** Which link is whose, and what frps still has open for whom. */
export interface Sessions {
  /** Binds the link from this address (as frps sees it) to a lease; one that the lease had before is cut. Null, or why it cannot be. */
  login(lease: Lease, address: string): string | null
  /** Who is on that link, for limits. */
  sourceOf(address: string): string
  /** Resolves when frps has nothing open for it any more: true, or false where that takes too long. Then it counts as open. */
  opening(lease: Lease): Promise<boolean>
  /** frps has closed what it had open. */
  closed(subdomain: string): void
  /** Ends its link at once. */
  cut(lease: Lease): void
  /** frps was started anew: nothing is open. */
  forget(): void
  count(): number
}

/** How long a new link waits for the end of the old one's proxy, milliseconds. */
const HANDOVER_MS = 2000

/** The links of a passage by lease. */
export function createSessions({ passage, clock }: { passage: Pick<Passage, 'link'>; clock: Clock }): Sessions {
  const links = new Map<string, Link>()
  const owners = new WeakMap<Link, string>()
  /** Proxies that frps has open, by name; and who waits for their end. */
  const open = new Map<string, { count: number; waiters: Set<() => void> }>()
  const linkFrom = (address: string): Link | undefined => {
    const [, port] = /^127\.0\.0\.1:(\d{1,5})$/.exec(address) ?? []
    return port === undefined ? undefined : passage.link(Number(port))
  }

  function closed(subdomain: string, all = false): void {
    const entry = open.get(subdomain)
    if (entry === undefined || (!all && --entry.count > 0)) return
    open.delete(subdomain)
    for (const done of entry.waiters) done()
  }

  async function whenClosed(subdomain: string): Promise<boolean> {
    const entry = open.get(subdomain)
    if (entry === undefined) return true
    const done = new AbortController()
    const late = clock.sleep(HANDOVER_MS, done.signal).then(
      () => false,
      () => true,
    )
    entry.waiters.add(() => done.abort())
    return await late
  }

  return {
    login(lease, address) {
      const link = linkFrom(address)
      if (link === undefined) return 'xopc:refused gateways come by the port of the broker only'
      const owner = owners.get(link)
      if (owner !== undefined && owner !== lease.id) return 'xopc:refused one connection is for one tunnel'
      const before = links.get(lease.id)
      if (before !== link) before?.cut()
      owners.set(link, lease.id)
      links.set(lease.id, link)
      link.stay()
      lease.connected = true
      void link.gone.then(() => {
        if (links.get(lease.id) !== link) return
        links.delete(lease.id)
        lease.connected = false
      })
      return null
    },
    sourceOf: (address) => linkFrom(address)?.source ?? 'unknown',
    async opening({ subdomain }) {
      if (!(await whenClosed(subdomain))) {
        // Whatever it was, frps itself refuses a name that it still has.
        closed(subdomain, true)
        return false
      }
      const entry = open.get(subdomain) ?? { count: 0, waiters: new Set() }
      entry.count++
      open.set(subdomain, entry)
      return true
    },
    closed: (subdomain) => closed(subdomain),
    cut: ({ id }) => links.get(id)?.cut(),
    forget() {
      for (const subdomain of open.keys()) closed(subdomain, true)
    },
    count: () => links.size,
  }
}
