import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createLeaseBook, LEASE_MS, type Lease } from '../../../src/lib/broker/leases.ts'
import { createCounter } from '../../../src/lib/broker/limits.ts'
import { createKey } from '../../../src/lib/broker/manage.ts'
import type { Link } from '../../../src/lib/broker/passage.ts'
import { judgeOperation, type Verdict } from '../../../src/lib/broker/plugin.ts'
import { grant } from '../../../src/lib/broker/registrations.ts'
import { createSessions } from '../../../src/lib/broker/sessions.ts'
import { openStore } from '../../../src/lib/broker/store/sqlite.ts'
import { keepHouse } from '../../../src/lib/broker/upkeep.ts'
import type { RegistrationRequest } from '../../../src/lib/protocol/broker-api.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { testGateway } from '../../e2e/broker/gateway.ts'

/** What frps asks about links that are only numbers, and a clock whose days pass at will. */
async function openDesk() {
  const store = await openStore(join(await tempFolder(), 'broker.db'))
  const clock = { ...systemClock, later: 0, now: () => Date.now() + clock.later }
  const book = createLeaseBook({ store, clock })
  const links = new Map<number, Link & { isCut: boolean }>()
  const sessions = createSessions({ passage: { link: (port) => links.get(port) }, clock })
  const key = createKey(store, { name: '', maxLeases: 10, now: clock.now() })
  const row = store.keys.all().find(({ id }) => id === key.id)!
  const audit = { write: () => {} }
  const failures = createCounter({ rule: { max: 2, windowMs: 60_000 }, clock })
  const parts = { book, sessions, failures, clock, audit }
  const upkeep = keepHouse({ store, book, sessions, clock, log: silentLog, audit })
  atEnd(async () => {
    await upkeep()
    store.close()
  })
  const link = (port: number) => {
    const gone = Promise.withResolvers<void>()
    const made = {
      source: `192.0.2.${port}`,
      isCut: false,
      stay: () => {},
      gone: gone.promise,
      cut: () => ((made.isCut = true), gone.resolve()),
    }
    links.set(port, made)
    return made
  }
  const lease = () => {
    // `as`: what a test gateway signs is a registration.
    const granted = grant(testGateway('x').body() as unknown as RegistrationRequest, row, { store, book, clock })
    if (!('ok' in granted)) throw new Error(granted.error)
    return granted.ok
  }
  const login = async (token: string, port: number): Promise<Verdict> =>
    await judgeOperation('Login', { version: '0.71.0', metas: { token }, client_address: `127.0.0.1:${port}` }, parts)
  const proxy = async ({ subdomain }: Lease, token: string): Promise<Verdict> =>
    await judgeOperation(
      'NewProxy',
      { user: { user: '', metas: { token }, run_id: 'r' }, proxy_name: `xopc-${subdomain}`, proxy_type: 'http', subdomain },
      parts,
    )
  const close = async ({ subdomain }: Lease) => await judgeOperation('CloseProxy', { proxy_name: `xopc-${subdomain}` }, parts)
  return { clock, link, lease, login, proxy, close, sessions }
}

const accepted = { reject: false, unchange: true }
const refused = (word: string) => ({ reject: true, reject_reason: expect.stringMatching(`^xopc:${word} `) })

describe('a link', () => {
  it('is one lease’s only', async () => {
    const desk = await openDesk()
    const [a, b] = [desk.lease(), desk.lease()]
    desk.link(1)
    expect(await desk.login(a.authToken, 1)).toEqual(accepted)
    expect(await desk.login(b.authToken, 1)).toEqual(refused('refused'))
    expect([a.lease.connected, b.lease.connected]).toEqual([true, false])
  })

  it('that comes anew takes the place of the one before', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    const [first, second] = [desk.link(1), desk.link(2)]
    await desk.login(authToken, 1)
    await desk.login(authToken, 2)
    expect([first.isCut, second.isCut, lease.connected]).toEqual([true, false, true])
    second.cut()
    await second.gone
    await sleep(0)
    expect([lease.connected, desk.sessions.count()]).toEqual([false, 0])
  })

  it('is cut when its lease is over, and told to try again later', async () => {
    const desk = await openDesk()
    const { authToken } = desk.lease()
    const first = desk.link(1)
    await desk.login(authToken, 1)
    desk.clock.later = LEASE_MS
    await expect.poll(() => first.isCut, { timeout: 3000 }).toBe(true)
    desk.link(2)
    expect(await desk.login(authToken, 2)).toEqual(refused('busy'))
  })

  it('with wrong tokens is answered more shortly after a while', async () => {
    const desk = await openDesk()
    desk.link(1)
    const said = []
    for (let count = 0; count < 3; count++) said.push(await desk.login('wrong', 1))
    expect(said).toEqual([refused('auth'), refused('auth'), refused('busy')])
    expect(await desk.login(desk.lease().authToken, 1)).toEqual(accepted)
  })
})

describe('a proxy', () => {
  it('waits until frps has closed the one before', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    expect(await desk.proxy(lease, authToken)).toEqual(accepted)
    let second: Verdict | null = null
    const waiting = desk.proxy(lease, authToken).then((verdict) => (second = verdict))
    await sleep(200)
    expect(second).toBeNull()
    await desk.close(lease)
    expect(await waiting).toEqual(accepted)
  })

  it('is not kept waiting for ever by one that frps never closes', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken)
    const since = Date.now()
    expect(await desk.proxy(lease, authToken)).toEqual(refused('busy'))
    expect(Date.now() - since).toBeLessThan(2500)
    expect(await desk.proxy(lease, authToken)).toEqual(accepted)
  })

  it('of a frps that was started anew waits for nothing', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken)
    desk.sessions.forget()
    const since = Date.now()
    expect(await desk.proxy(lease, authToken)).toEqual(accepted)
    expect(Date.now() - since).toBeLessThan(500)
  })
})
