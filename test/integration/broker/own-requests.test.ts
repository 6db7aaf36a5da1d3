import { describe, expect, it } from 'vitest'
import { openHouse } from './house.ts'

describe('the question for a certificate', () => {
  it.each([
    ['a name that is held', 'held.frp.test', 200],
    ['it in capitals', 'HELD.FRP.TEST', 200],
    ['a name that nobody has', 'free.frp.test', 404],
    ['a name that was given back', 'gone.frp.test', 404],
    ['the domain itself', 'frp.test', 404],
    ['a name below a name', 'www.held.frp.test', 404],
    ['another domain', 'held.other.test', 404],
    ['the end of another domain', 'heldfrp.test', 404],
    ['nothing', '', 404],
  ])('%s', async (_, domain, status) => {
    const house = await openHouse()
    await house.gateway().register({ preferredSubdomain: 'held' })
    const gone = house.gateway()
    await gone.release((await gone.register({ preferredSubdomain: 'gone' })).body)
    expect((await fetch(`${house.origin}/edge/allow?domain=${domain}`)).status).toBe(status)
  })

  it('is no longer answered with yes once the secret was revoked', async () => {
    const house = await openHouse()
    const { id, secret } = house.key()
    await house.gateway().register({ preferredSubdomain: 'held' }, { secret })
    house.store.keys.revoke(id, 1)
    house.book.reload(() => {})
    expect((await fetch(`${house.origin}/edge/allow?domain=held.frp.test`)).status).toBe(404)
  })
})

describe('what only programs of this computer may ask', () => {
  it.each(['/edge/allow?domain=held.frp.test', '/metrics'])('%s is not answered to who was forwarded', async (path) => {
    const house = await openHouse()
    await house.gateway().register({ preferredSubdomain: 'held' })
    expect((await fetch(house.origin + path)).status).toBe(200)
    for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'])
      expect([name, (await fetch(house.origin + path, { headers: { [name]: 'x' } })).status]).toEqual([name, 404])
  })

  it('metrics tell numbers', async () => {
    const house = await openHouse()
    const gateway = house.gateway()
    const { body: lease } = await gateway.register()
    await gateway.beat(lease)
    const text = await (await fetch(`${house.origin}/metrics`)).text()
    expect(text).toMatch(/^xopc_broker_leases 1$/m)
    expect(text).toMatch(/^xopc_broker_leases_live 1$/m)
    expect(text).not.toContain(lease.subdomain)
  })
})
