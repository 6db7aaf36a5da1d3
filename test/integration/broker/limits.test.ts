import { expect, it } from 'vitest'
import { ask, testGateway } from '../../e2e/broker/gateway.ts'
import { openHouse } from './house.ts'

const from = (address: string) => ({ 'x-forwarded-for': `6.6.6.6, ${address}` })

function registerFrom(house: Awaited<ReturnType<typeof openHouse>>, address: string, secret = house.secret) {
  const headers = { 'x-registration-secret': secret, ...from(address) }
  const body = JSON.stringify(house.gateway().body())
  return ask(`${house.url}/tunnels/register`, { method: 'POST', headers, body })
}

it('an address may register so often, as the proxy on this computer saw it last', async () => {
  const house = await openHouse({ registrationsOfAddress: { max: 2, windowMs: 600_000 } })
  for (const status of [200, 200, 429]) expect((await registerFrom(house, '203.0.113.1')).status).toBe(status)
  expect((await registerFrom(house, '203.0.113.2')).status).toBe(200)
  const limited = await registerFrom(house, '203.0.113.1')
  expect(Number(limited.headers.get('retry-after'))).toBe(600)
  house.clock.time += 600_000
  expect((await registerFrom(house, '203.0.113.1')).status).toBe(200)
})

it('the addresses of one IPv6 network count as one', async () => {
  const house = await openHouse({ registrationsOfAddress: { max: 1, windowMs: 600_000 } })
  expect((await registerFrom(house, '2001:db8:1:2::1')).status).toBe(200)
  expect((await registerFrom(house, '2001:db8:1:2:ffff::9')).status).toBe(429)
  expect((await registerFrom(house, '2001:db8:1:3::1')).status).toBe(200)
})

it('a secret may register so often, from wherever', async () => {
  const house = await openHouse({ registrationsOfKey: { max: 2, windowMs: 600_000 } })
  const codes = []
  for (const number of [1, 2, 3]) codes.push((await registerFrom(house, `203.0.113.${number}`)).status)
  expect(codes).toEqual([200, 200, 429])
  expect((await registerFrom(house, '203.0.113.4', house.key().secret)).status).toBe(200)
})

it('who sends wrong secrets has to wait, and a right one always passes', async () => {
  const house = await openHouse({ failuresOfAddress: { max: 2, windowMs: 300_000 } })
  const codes = []
  for (let count = 0; count < 3; count++) codes.push((await registerFrom(house, '203.0.113.1', 'wrong')).status)
  expect(codes).toEqual([401, 401, 429])
  expect((await registerFrom(house, '203.0.113.1')).status).toBe(200)
})

it('so has who sends wrong tokens, also for tunnels that are not there', async () => {
  const house = await openHouse({ failuresOfAddress: { max: 2, windowMs: 300_000 } })
  const gateway = house.gateway()
  const { body: lease } = await gateway.register()
  const codes = []
  for (const tunnelId of ['a', lease.tunnelId, 'b']) codes.push((await gateway.beat({ tunnelId, tunnelToken: 'wrong' })).status)
  expect(codes).toEqual([404, 401, 429])
  expect((await gateway.beat(lease)).status).toBe(200)
})

it('somebody who does not come by the proxy is not believed about others', async () => {
  const house = await openHouse({ registrationsOfAddress: { max: 1, windowMs: 600_000 } })
  const gateway = () => testGateway(house.url, { secret: house.secret, now: house.clock.now })
  expect([(await gateway().register()).status, (await gateway().register()).status]).toEqual([200, 429])
})

it('a registration that is refused is in the audit log, once a minute for each address', async () => {
  const house = await openHouse()
  const lines = () => house.audit.filter((line) => line.includes('TunnelAudit.refused'))
  for (let count = 0; count < 3; count++) await registerFrom(house, '203.0.113.1', 'wrong')
  await registerFrom(house, '203.0.113.2', 'wrong')
  await registerFrom(house, '203.0.113.3')
  expect(lines()).toEqual(
    ['203.0.113.1', '203.0.113.2'].map((address) =>
      JSON.stringify({ event: 'TunnelAudit.refused', code: 'SECRET_INVALID', from: address }),
    ),
  )
  house.clock.time += 60_000
  await registerFrom(house, '203.0.113.1', 'wrong')
  expect(lines()).toHaveLength(3)
})
