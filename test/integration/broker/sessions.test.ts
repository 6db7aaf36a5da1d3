import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createHoldouts } from '../../../src/lib/broker/holdouts.ts'
import { createLeaseBook, LEASE_MS, type Lease } from '../../../src/lib/broker/leases.ts'
import { createCounter } from '../../../src/lib/broker/limits.ts'
import { createKey, revokeKey } from '../../../src/lib/broker/manage.ts'
import { judgeOperation, type Verdict } from '../../../src/lib/broker/plugin.ts'
import { grant } from '../../../src/lib/broker/registrations.ts'
import { createSessions } from '../../../src/lib/broker/sessions.ts'
import { openStore } from '../../../src/lib/broker/store/sqlite.ts'
import { keepHouse } from '../../../src/lib/broker/upkeep.ts'
import type { RegistrationRequest } from '../../../src/lib/protocol/broker-api.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { type TestGateway, testGateway } from '../../e2e/broker/gateway.ts'

/** What frps asks, asked by hand, and a clock whose days pass at will. */
async function openDesk() {
  const path = join(await tempFolder(), 'broker.db')
  // The second one is that of the command line.
  const [store, elsewhere] = [await openStore(path), await openStore(path)]
  const clock = { ...systemClock, later: 0, now: () => Date.now() + clock.later }
  const book = createLeaseBook({ store, clock })
  const sessions = createSessions({ clock, silentMs: 20_000 })
  const audit: string[] = []
  const write = (event: string) => void audit.push(event)
  const key = createKey({ ...store, audit: { write } }, { name: '', maxLeases: 10, now: clock.now() })
  const row = store.keys.all().find(({ id }) => id === key.id)!
  const failures = createCounter({ rule: { max: 2, windowMs: 60_000 }, clock })
  const parts = { book, sessions, failures, clock, audit: { write } }
  /** What frps says of connections. */
  const frps = { connections: async (): Promise<number> => 0, restarts: 0 }
  const holdouts = createHoldouts({
    ...parts,
    log: silentLog,
    connectionsOf: async () => await frps.connections(),
    restartFrps: () => void frps.restarts++,
  })
  const upkeep = keepHouse({ store, book, sessions, holdouts, clock, log: silentLog, audit: { write } })
  atEnd(async () => {
    await upkeep()
    store.close()
    elsewhere.close()
  })
  const lease = (gateway: TestGateway = testGateway('x'), recoveryToken?: string) => {
    // `as`: what a test gateway signs is a registration.
    const request = gateway.body(recoveryToken === undefined ? {} : { recoveryToken }) as unknown as RegistrationRequest
    const granted = grant(request, row, { store, book, clock })
    if (!('ok' in granted)) throw new Error(granted.error)
    return granted.ok
  }
  const user = (token: string, run: string) => ({ user: '', metas: { token }, run_id: run })
  const ask = async (op: string, content: object): Promise<Verdict> => await judgeOperation(op, { ...content }, parts)
  return {
    clock,
    lease,
    sessions,
    frps,
    audit,
    revoke: () => revokeKey({ ...elsewhere, audit: { write } }, key.id, 1),
    login: async (token: string, run = '', address = '192.0.2.1:5000') =>
      await ask('Login', { version: '0.71.0', metas: { token }, run_id: run, client_address: address }),
    proxy: async ({ subdomain }: Lease, token: string, run: string) =>
      await ask('NewProxy', { user: user(token, run), proxy_name: `xopc-${subdomain}`, proxy_type: 'http', subdomain }),
    close: async ({ subdomain }: Lease, token: string, run: string) =>
      await ask('CloseProxy', { user: user(token, run), proxy_name: `xopc-${subdomain}` }),
    ping: async (token: string, run: string) => await ask('Ping', { user: user(token, run), privilege_key: '', timestamp: 0 }),
  }
}

const accepted = { reject: false, unchange: true }
const refused = (word: string) => ({ reject: true, reject_reason: expect.stringMatching(`^xopc:${word} `) })

describe('a run', () => {
  it('is one lease’s only', async () => {
    const desk = await openDesk()
    const [a, b] = [desk.lease(), desk.lease()]
    await desk.proxy(a.lease, a.authToken, 'one')
    expect(await desk.login(b.authToken, 'one')).toEqual(refused('refused'))
    expect(await desk.login(a.authToken, 'one')).toEqual(accepted)
    expect([a.lease.connected, b.lease.connected]).toEqual([true, false])
  })

  it('is not answered to when its lease is over, and told to try again later', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken, 'one')
    expect(await desk.ping(authToken, 'one')).toEqual(accepted)
    desk.clock.later = LEASE_MS
    expect([await desk.ping(authToken, 'one'), await desk.login(authToken)]).toEqual([refused('busy'), refused('busy')])
  })

  it('is not answered to when its token is not the newest, and then nobody is connected', async () => {
    const desk = await openDesk()
    const gateway = testGateway('x')
    const { lease, authToken, tunnelToken } = desk.lease(gateway)
    await desk.proxy(lease, authToken, 'one')
    const { authToken: newest } = desk.lease(gateway, tunnelToken)
    expect([await desk.ping(authToken, 'one'), lease.connected]).toEqual([refused('auth'), false])
    const second = desk.proxy(lease, newest, 'two')
    await desk.close(lease, authToken, 'one')
    expect([await second, lease.connected]).toEqual([accepted, true])
  })

  it('of which nothing came for too long counts as gone, until something comes', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken, 'one')
    desk.clock.later = 22_000
    desk.sessions.tidy()
    expect([lease.connected, desk.sessions.count()]).toEqual([true, 1])
    desk.clock.later = 24_000
    desk.sessions.tidy()
    expect([lease.connected, desk.sessions.count()]).toEqual([false, 0])
    await desk.ping(authToken, 'one')
    expect([lease.connected, desk.sessions.count()]).toEqual([true, 1])
  })

  it('with wrong tokens is answered more shortly after a while', async () => {
    const desk = await openDesk()
    const said = []
    for (let count = 0; count < 3; count++) said.push(await desk.login('wrong', '', `[2001:db8::${count}]:1`))
    expect(said).toEqual([refused('auth'), refused('auth'), refused('busy')])
    expect(await desk.login(desk.lease().authToken, '', '[2001:db8::1]:1')).toEqual(accepted)
    expect(await desk.login('wrong', '', '[2001:db8:0:1::1]:1')).toEqual(refused('auth'))
  })
})

describe('a proxy', () => {
  it('waits until frps has closed that of another run', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    expect(await desk.proxy(lease, authToken, 'one')).toEqual(accepted)
    const verdicts: Verdict[] = []
    const waiting = ['two', 'three'].map(async (run) => void verdicts.push(await desk.proxy(lease, authToken, run)))
    await sleep(200)
    expect(verdicts).toEqual([])
    await desk.close(lease, authToken, 'one')
    await sleep(200)
    expect(verdicts).toEqual([accepted])
    await desk.close(lease, authToken, 'two')
    await Promise.all(waiting)
    expect(verdicts).toEqual([accepted, accepted])
  })

  it('is not kept waiting for ever by one that stays', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken, 'one')
    const since = Date.now()
    expect(await desk.proxy(lease, authToken, 'two')).toEqual(refused('busy'))
    expect(Date.now() - since).toBeLessThan(8500)
    expect(lease.connected).toBe(true)
  }, 15_000)

  it('does not wait for one that frps has closed without a word', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken, 'one')
    desk.clock.later = 24_000
    const since = Date.now()
    expect(await desk.proxy(lease, authToken, 'two')).toEqual(accepted)
    expect(Date.now() - since).toBeLessThan(2500)
    // What frps says of the older one later is not about this one.
    await desk.close(lease, authToken, 'one')
    expect(lease.connected).toBe(true)
  })

  it('of a run whose link was cut does not wait, and the end of the old link is not its own', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken, 'one')
    const since = Date.now()
    expect(await desk.proxy(lease, authToken, 'one')).toEqual(accepted)
    expect(Date.now() - since).toBeLessThan(500)
    await desk.close(lease, authToken, 'one')
    expect(lease.connected).toBe(true)
    await desk.close(lease, authToken, 'one')
    expect(lease.connected).toBe(false)
  })

  it('of a frps that was started anew waits for nothing', async () => {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken, 'one')
    desk.sessions.forget()
    expect(lease.connected).toBe(false)
    expect(await desk.proxy(lease, authToken, 'two')).toEqual(accepted)
  })

  it('that was replaced while it waited is refused', async () => {
    const desk = await openDesk()
    const gateway = testGateway('x')
    const { lease, authToken, tunnelToken } = desk.lease(gateway)
    await desk.proxy(lease, authToken, 'one')
    const waiting = desk.proxy(lease, authToken, 'two')
    desk.lease(gateway, tunnelToken)
    await desk.close(lease, authToken, 'one')
    expect([await waiting, lease.connected, desk.sessions.count()]).toEqual([refused('auth'), false, 0])
  })
})

describe('who was revoked', () => {
  /** A tunnel that was open, its secret revoked, 26 seconds later; how often frps was started anew. */
  async function after(prepare: (desk: Awaited<ReturnType<typeof openDesk>>, close: () => Promise<unknown>) => Promise<unknown>) {
    const desk = await openDesk()
    const { lease, authToken } = desk.lease()
    await desk.proxy(lease, authToken, 'one')
    desk.revoke()
    await expect.poll(() => desk.audit.includes('TunnelAudit.revoked'), { timeout: 3000 }).toBe(true)
    expect(await desk.ping(authToken, 'one')).toEqual(refused('auth'))
    await prepare(desk, async () => await desk.close(lease, authToken, 'one'))
    await sleep(1100)
    expect(desk.frps.restarts).toBe(0)
    desk.clock.later = 26_000
    await sleep(1100)
    expect(desk.audit.includes('TunnelAudit.frpsRestarted')).toBe(desk.frps.restarts > 0)
    return desk.frps.restarts
  }

  it.each<[string, number, Parameters<typeof after>[0]]>([
    ['goes by itself', 0, async (_, close) => await close()],
    ['keeps its connections', 1, async ({ frps }, close) => ((frps.connections = async () => 3), await close())],
    [
      'cannot be looked at',
      1,
      async ({ frps }, close) => ((frps.connections = async () => await Promise.reject(new Error('down'))), await close()),
    ],
    // frps has given up on it meanwhile: the pings that were refused do not count.
    ['is closed by frps, which does not say it', 0, async () => {}],
  ])('and %s has frps started anew: %i times', async (_, restarts, prepare) => {
    expect(await after(prepare)).toBe(restarts)
  })
})
