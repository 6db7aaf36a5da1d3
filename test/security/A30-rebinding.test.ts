import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { signIn } from './browsers.ts'
import { type DoorName, type House, openHouse } from './doors.ts'

// evil.example resolves to 127.0.0.1 a moment after the page was loaded: the browser then talks to the gateway as to its own site.

const host = 'evil.example'

needsPeer('netns', 'a page that rebound its name', (ip) => {
  let house: House
  let withApp: House
  let nobodyAsked: House
  beforeAll(async () => {
    house = await openHouse({ ip })
    withApp = await openHouse({ ip, app: true })
    nobodyAsked = await openHouse({ bare: true, gateway: { auth: { mode: 'none' } } })
  })
  const doors: DoorName[] = ['local', 'lan', 'proxy']

  it.each(doors)('learns no more on %s than that a gateway is here', async (name) => {
    for (const each of [house, withApp]) {
      const door = each.doors[name]
      const open = (path: string) => door.ask(`GET ${path}`, [], { host })
      expect(await open('/health')).toMatchObject({ status: 200 })
      expect(await open('/xopc/api/tunnel/pair/ping')).toMatchObject({ status: 200 })
      expect((await open('/xopc/')).status).toBe(200)
      for (const path of [
        'status',
        'overview',
        'config',
        'events',
        'audit',
        'logs',
        'openapi.json',
        'probe/request',
        'access/lan/diagnose',
      ]) {
        const answer = await open(`/xopc/api/${path}`)
        expect(answer, path).toMatchObject({ status: 421, code: 'UNKNOWN_HOST' })
        expect(answer.body).not.toMatch(/gatewayId|127\.0\.0\.1|methods/)
      }
    }
    expect(await withApp.doors[name].ask('GET /', ['Accept: application/json'], { host })).toMatchObject({ status: 421 })
  })

  it.each(doors)('changes nothing on %s', async (name) => {
    for (const each of [house, withApp]) {
      for (const path of ['access/lan/enable', 'access/lan/disable', 'gateway/stop', 'gateway/restart', 'gateway/rotate-token', 'ticket']) {
        const answer = await each.doors[name].ask(`POST /xopc/api/${path}`, ['Content-Type: application/json', `Origin: http://${host}`], {
          host,
          body: '{}',
        })
        expect([403, 421], `${path}: ${answer.body}`).toContain(answer.status)
      }
    }
  })

  it.each(doors)('is signed for nothing on %s', async (name) => {
    const challenge = await house.doors[name].ask('POST /xopc/api/gateway-identity/challenge', ['Content-Type: application/json'], {
      host,
      body: JSON.stringify({ nonce: 'n'.repeat(40), origin: `http://${host}` }),
    })
    expect(challenge).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
  })

  it('gains nothing from the cookie of another host', async () => {
    const { local } = house.doors
    const { cookie, key } = await signIn(house, local, `http://${local.host}`)
    expect(await local.ask('GET /xopc/api/status', [cookie])).toMatchObject({ status: 200 })
    for (const lines of [[cookie], [cookie, key], [cookie, `Origin: http://${host}`]]) {
      const answer = await local.ask('GET /xopc/api/status', lines, { host })
      expect([401, 403, 421], answer.body).toContain(answer.status)
    }
  })

  it('gains nothing where nobody is asked', async () => {
    for (const path of ['/xopc/api/status', '/xopc/api/overview']) {
      const answer = await nobodyAsked.doors.local.ask(`GET ${path}`, [], { host })
      expect([403, 421], answer.body).toContain(answer.status)
    }
  })

  it('a good Bearer vouches for any name, for no page has one', async () => {
    expect(await house.doors.local.ask('GET /xopc/api/status', [house.bearer], { host })).toMatchObject({ status: 200 })
  })
})
