import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLeaseBook } from '../../../src/lib/broker/leases.ts'
import { revokeTunnel } from '../../../src/lib/broker/manage.ts'
import { openStore } from '../../../src/lib/broker/store/sqlite.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { ask } from '../../e2e/broker/gateway.ts'
import { openHouse } from './house.ts'

const day = 24 * 3_600_000

describe('a heartbeat', () => {
  it('rolls the lease by a day', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const { body: lease } = await gateway.register()
    house.clock.time += day - 1
    const { status, body } = await gateway.beat(lease)
    expect([status, body]).toEqual([200, { expiresAt: house.clock.time + day }])
    house.clock.time += day
    expect(await gateway.beat(lease)).toMatchObject({ status: 410, body: { code: 'LEASE_GONE' } })
  })

  it('tells of another run of the gateway for ten minutes', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const { body: lease } = await gateway.register()
    const [one, two] = ['a'.repeat(22), 'b'.repeat(22)]
    expect((await gateway.beat(lease, one)).body).not.toHaveProperty('otherInstanceAt')
    const seen = house.clock.time
    house.clock.time += 5000
    // So does every restart look: the run of before is not heard of any more.
    expect((await gateway.beat(lease, two)).body).not.toHaveProperty('otherInstanceAt')
    house.clock.time += 1
    expect((await gateway.beat(lease, one)).body.otherInstanceAt).toBe(seen + 5000)
    expect((await gateway.beat(lease, two)).body.otherInstanceAt).toBe(seen + 5001)
    house.clock.time += 600_000
    expect((await gateway.beat(lease, one)).body).not.toHaveProperty('otherInstanceAt')
    expect((await gateway.beat(lease, 'not an instance')).status).toBe(200)
  })

  it.each([
    ['of a tunnel that is not there', (id: string) => `${id}x`, (token: string) => token, 404, 'NOT_FOUND'],
    ['with a wrong token', (id: string) => id, () => 'xopc_tt_wrong', 401, 'TOKEN_INVALID'],
    ['without a token', (id: string) => id, () => '', 401, 'TOKEN_INVALID'],
    ['of an id that is none', () => '%2e%2e', (token: string) => token, 404, 'NOT_FOUND'],
  ])('%s is refused', async (_, id, token, status, code) => {
    const house = await openHouse()
    const gateway = house.gateway()
    const { body: lease } = await gateway.register()
    const reply = await gateway.beat({ tunnelId: id(lease.tunnelId), tunnelToken: token(lease.tunnelToken) })
    expect([reply.status, reply.body.code]).toEqual([status, code])
  })

  it('is in the file after the next second, and survives a crash from then on', async () => {
    const dir = await tempFolder()
    const house = await openHouse({}, {}, dir)
    const gateway = house.gateway()
    const { body: lease } = await gateway.register()
    house.clock.time += 5000
    await gateway.beat(lease)
    house.book.flush()
    const again = await openStore(join(dir, 'broker.db'))
    atEnd(async () => again.close())
    const row = createLeaseBook({ store: again, clock: house.clock }).byId(lease.tunnelId)
    expect(row).toMatchObject({ heartbeatAt: house.clock.time, expiresAt: house.clock.time + day, subdomain: lease.subdomain })
  })
})

describe('a release', () => {
  it('is confirmed again to who lost the reply, and to nobody else', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const { body: lease } = await gateway.register()
    expect((await gateway.release(lease)).body).toEqual({ released: true })
    expect((await gateway.release(lease)).body).toEqual({ released: true })
    expect((await gateway.release({ ...lease, tunnelToken: 'wrong' })).body.code).toBe('TOKEN_INVALID')
    expect((await gateway.beat(lease)).body.code).toBe('LEASE_GONE')
    expect(house.audit.join()).toContain('TunnelAudit.released')
  })

  it('works for a lease that is over', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const { body: lease } = await gateway.register()
    house.clock.time += 2 * day
    expect((await gateway.release(lease)).body).toEqual({ released: true })
  })
})

describe('a tunnel that was revoked by the command line', () => {
  it('is refused from then on, its gateway too, and the name is nobody’s', async () => {
    const house = await openHouse()
    const [gateway, other] = [house.gateway(), house.gateway()]
    const { body: lease } = await gateway.register({ preferredSubdomain: 'mine' })
    const { body: second } = await gateway.register({ preferredSubdomain: 'second' })
    revokeTunnel(house.store, 'mine', house.clock.time)
    const gone: string[] = []
    house.book.reload(({ subdomain }) => gone.push(subdomain))
    expect(gone.toSorted()).toEqual(['mine', 'second'])
    expect((await gateway.beat(second)).body.code).toBe('REVOKED')
    expect(await gateway.beat(lease)).toMatchObject({ status: 403, body: { code: 'REVOKED' } })
    expect((await gateway.release(lease)).body.code).toBe('REVOKED')
    expect((await gateway.register()).body.code).toBe('REVOKED')
    expect((await other.register({ preferredSubdomain: 'mine' })).body.code).toBe('SUBDOMAIN_TAKEN')
  })
})

describe('nothing secret', () => {
  it('is in the file or in the audit log', async () => {
    const dir = await tempFolder()
    const house = await openHouse({}, {}, dir)
    const { body: lease } = await house.gateway().register()
    const text = JSON.stringify([house.store.leases.all(), house.store.keys.all(), house.audit])
    expect(text).toContain(lease.subdomain)
    for (const secret of [house.secret, lease.tunnelToken, lease.frpc.authToken]) expect(text).not.toContain(secret)
  })
})

describe('paths that are not there', () => {
  it.each(['/', '/api', '/api/tunnels', '/api/tunnels/register', '/api/tunnels/a/b/c', '/edge', '/.well-known/other'])(
    '%s',
    async (path) => {
      const house = await openHouse()
      expect(await ask(house.origin + path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
    },
  )
})
