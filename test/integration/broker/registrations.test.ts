import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { leaseGrammar } from '../../../src/lib/protocol/broker-api.ts'
import { ask, testGateway } from '../../e2e/broker/gateway.ts'
import { openHouse } from './house.ts'

const nonce = () => randomBytes(24).toString('base64url')

describe('a registration', () => {
  it('gives a name, and tells everything that the gateway needs', async () => {
    const house = await openHouse()
    const { status, body } = await house.gateway().register()
    expect(status).toBe(200)
    expect(body).toEqual({
      tunnelId: expect.stringMatching(leaseGrammar.id),
      tunnelToken: expect.stringMatching(/^xopc_tt_[0-9a-f]{48}$/),
      subdomain: expect.stringMatching(/^[a-hjkmnp-z2-9]{8}$/),
      publicUrl: `https://${body.subdomain}.frp.test`,
      frpc: {
        serverAddr: 'frp.test',
        serverPort: 7000,
        authToken: expect.stringMatching(/^xopc_fa_[0-9a-f]{48}$/),
        proxyName: `xopc-${body.subdomain}`,
        subdomain: body.subdomain,
      },
      expiresAt: house.clock.time + 24 * 3_600_000,
      heartbeatIntervalMs: 20_000,
    })
  })

  it('of the same key gets the same name, with new tokens', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const [first, second] = [await gateway.register(), await gateway.register()]
    expect(second.body).toMatchObject({ subdomain: first.body.subdomain, tunnelId: first.body.tunnelId })
    expect(second.body.tunnelToken).not.toBe(first.body.tunnelToken)
    expect((await gateway.beat(first.body)).body.code).toBe('LEASE_GONE')
    expect((await gateway.beat(second.body)).status).toBe(200)
  })

  it.each<[string, (house: Awaited<ReturnType<typeof openHouse>>) => Promise<{ status: number; body: { code?: string } }>, number, string]>(
    [
      ['without a secret', (house) => house.gateway().register({}, { secret: '' }), 401, 'SECRET_INVALID'],
      ['with a wrong secret', (house) => house.gateway().register({}, { secret: `xopc_rk_${'0'.repeat(48)}` }), 401, 'SECRET_INVALID'],
      ['with the dev secret', (house) => house.gateway().register({}, { secret: 'xopc-dev-registration-secret' }), 401, 'SECRET_INVALID'],
      ['for another broker', (house) => house.gateway().register({ audience: 'https://other.test/api' }), 400, 'SIGNATURE_INVALID'],
      ['with a / after the audience', (house) => house.gateway().register({ audience: `${house.url}/` }), 400, 'SIGNATURE_INVALID'],
      ['changed on the way', (house) => house.gateway().register({}, { after: { preferredSubdomain: 'evil' } }), 400, 'SIGNATURE_INVALID'],
      [
        'under the key of another',
        (house) => house.gateway().register({}, { after: { publicKey: house.gateway().publicKey } }),
        400,
        'SIGNATURE_INVALID',
      ],
      ['past its time', (house) => house.gateway().register({ expiresAt: house.clock.time - 1 }), 400, 'CLOCK_SKEW'],
      ['from the future', (house) => house.gateway().register({ expiresAt: house.clock.time + 240_001 }), 400, 'CLOCK_SKEW'],
      ['with a field more', (house) => house.gateway().register({}, { after: { admin: true } }), 400, 'BAD_REQUEST'],
      ['of a reserved name', (house) => house.gateway().register({ preferredSubdomain: 'admin' }), 409, 'SUBDOMAIN_TAKEN'],
      ['of a name of ours', (house) => house.gateway().register({ preferredSubdomain: 'xopcgate' }), 409, 'SUBDOMAIN_TAKEN'],
    ],
  )('%s is refused', async (_, register, status, code) => {
    const house = await openHouse()
    const reply = await register(house)
    expect([reply.status, reply.body.code]).toEqual([status, code])
    expect(house.book.size()).toBe(0)
  })

  it('counts once, also after a restart', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const facts = { nonce: nonce() }
    expect((await gateway.register(facts)).status).toBe(200)
    expect((await gateway.register(facts)).body.code).toBe('NONCE_USED')
    expect(house.store.nonces.use(facts.nonce, house.clock.time + 1000, house.clock.time)).toBe(false)
  })

  it('with a signature that is wrong uses no nonce up', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const facts = { nonce: nonce() }
    await gateway.register(facts, { after: { platform: 'other' } })
    expect((await gateway.register(facts)).status).toBe(200)
  })

  it.each([
    ['no JSON', '{', 400, 'BAD_REQUEST'],
    ['too much', `{"a":"${'x'.repeat(17_000)}"}`, 413, 'BODY_TOO_LARGE'],
    ['nothing', '', 400, 'BAD_REQUEST'],
  ])('with a body of %s is refused', async (_, body, status, code) => {
    const house = await openHouse()
    const headers = { 'x-registration-secret': house.secret }
    const reply = await ask(`${house.url}/tunnels/register`, { method: 'POST', headers, body })
    expect([reply.status, reply.body.code]).toEqual([status, code])
  })
})

describe('a name', () => {
  it('that nobody had is given to who asks for it, and to nobody else ever after', async () => {
    const house = await openHouse()
    const [owner, other] = [house.gateway(), house.gateway()]
    const { body: lease } = await owner.register({ preferredSubdomain: 'mine' })
    expect(lease.subdomain).toBe('mine')
    expect((await other.register({ preferredSubdomain: 'mine' })).body.code).toBe('SUBDOMAIN_TAKEN')
    house.clock.time += 400 * 24 * 3_600_000
    expect((await other.register({ preferredSubdomain: 'mine' })).body.code).toBe('SUBDOMAIN_TAKEN')
    expect((await owner.release(lease)).body).toEqual({ released: true })
    for (const gateway of [owner, other]) expect((await gateway.register({ preferredSubdomain: 'mine' })).body.code).toBe('SUBDOMAIN_TAKEN')
    expect((await owner.register()).body.subdomain).not.toBe('mine')
  })

  it('is one of three at most', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    for (const preferredSubdomain of ['one1', 'two2', 'three3']) expect((await gateway.register({ preferredSubdomain })).status).toBe(200)
    const fourth = await gateway.register({ preferredSubdomain: 'four4' })
    expect([fourth.status, fourth.body.code, Number(fourth.headers.get('retry-after'))]).toEqual([429, 'LIMITED', 3600])
    house.clock.time += 1000
    expect((await gateway.register({ preferredSubdomain: 'one1' })).body.subdomain).toBe('one1')
    expect((await gateway.register()).body.subdomain).toBe('one1')
  })

  it('stays a gateway’s that comes with another secret, after its own was revoked', async () => {
    const house = await openHouse()
    const keys = generateKeyPairSync('ed25519')
    const [before, after] = [house.key(), house.key()]
    const as = (secret: string) => testGateway(house.url, { keys, secret, now: house.clock.now })
    const { body: lease } = await as(before.secret).register({ preferredSubdomain: 'mine' })
    house.store.keys.revoke(before.id, house.clock.time)
    house.book.reload(() => {})
    expect((await as(before.secret).register()).body.code).toBe('REVOKED')
    expect((await as(before.secret).beat(lease)).body.code).toBe('REVOKED')
    expect((await as(after.secret).register()).body.subdomain).toBe('mine')
  })

  it('is not counted twice, and a secret gives no more than it may', async () => {
    const house = await openHouse()
    const { secret } = house.key({ maxLeases: 2 })
    const gateways = [0, 1, 2].map(() => testGateway(house.url, { secret, now: house.clock.now }))
    const codes = []
    for (const gateway of gateways) codes.push((await gateway.register()).status)
    expect(codes).toEqual([200, 200, 429])
    expect((await gateways[0]!.register()).status).toBe(200)
  })
})

describe('a lease that is live', () => {
  it('is replaced only with its token', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const { body: lease } = await gateway.register()
    await gateway.beat(lease)
    expect((await gateway.register()).body.code).toBe('LEASE_HELD')
    expect((await gateway.register({ recoveryToken: 'xopc_tt_other' })).body.code).toBe('LEASE_HELD')
    expect((await gateway.register({ recoveryToken: lease.tunnelToken })).body.subdomain).toBe(lease.subdomain)
  })

  it('is not live any more 90 s after its last heartbeat', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    await gateway.beat((await gateway.register()).body)
    house.clock.time += 89_999
    expect((await gateway.register()).body.code).toBe('LEASE_HELD')
    house.clock.time += 1
    expect((await gateway.register()).status).toBe(200)
  })

  it('of a name that it did not ask for does not stand in the way of another name', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    await gateway.beat((await gateway.register()).body)
    expect((await gateway.register({ preferredSubdomain: 'more' })).body.subdomain).toBe('more')
  })
})
