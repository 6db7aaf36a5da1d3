import { describe, expect, it } from 'vitest'
import { type House, openStream, startHouse } from './house.ts'

// A person whom a trusted proxy names, at the API and the pages of the running gateway.

const SECRET = '5ec2e7aa'.repeat(6)
const proof = { 'x-xopc-proxy-secret': SECRET }
const named = (user: string) => ({ ...proof, 'x-forwarded-user': user })
const anna = named('anna')
const trustedProxy = { userHeader: 'x-forwarded-user', requiredHeaders: [], allowUsers: [], sharedSecret: SECRET }
const settings = { trustedProxies: ['127.0.0.1'], auth: { mode: 'trusted-proxy', trustedProxy } }
const start = (over: Record<string, unknown> = {}) => startHouse({ ...settings, ...over })
const behindAnApp = { upstream: { url: 'http://127.0.0.1:9' } }

const page = async (house: House, headers: Record<string, string>, path = '/xopc/') => (await house.ask('GET', path, { headers })).text

describe('signing in', () => {
  it.each([
    ['without an app', {}],
    ['with an app behind the gateway', behindAnApp],
  ])('takes no credential, whoever brings one, %s', async (_, over) => {
    const house = await start(over)
    for (const headers of [anna, proof, {}]) {
      for (const body of [{ token: house.token }, { password: 'a long sentence' }, {}]) {
        const { status, headers: reply, json } = await house.ask('POST', '/xopc/api/session', { headers, body })
        const { code, error } = JSON.parse(JSON.stringify(json())) as Record<string, string>
        expect([status, code, reply['set-cookie']]).toEqual([409, 'SIGN_IN_OFF', undefined])
        expect(error).toContain('your proxy signs people in')
      }
    }
  })
})

describe('the page', () => {
  it.each([
    ['without an app', {}],
    ['with an app behind the gateway', behindAnApp],
  ])('is the overview for who was named, and says where to sign in to who was not, %s', async (_, over) => {
    const house = await start(over)
    expect(await page(house, anna)).toContain('data-view="overview"')
    for (const headers of [{}, proof, { ...proof, 'x-forwarded-user': '' }]) {
      const text = await page(house, headers)
      expect(text).toContain('A proxy signs people in at this gateway.')
      expect(text).not.toMatch(/<form|<script|data-view="overview"/)
    }
  })

  it('shows nothing by a name that is not ours', async () => {
    const house = await start()
    expect(await page(house, { ...anna, host: 'evil.example' })).not.toContain('data-view="overview"')
    expect((await house.ask('GET', '/api/overview', { headers: { ...anna, host: 'evil.example' } })).status).toBe(421)
  })
})

describe('the API', () => {
  const cases: [what: string, method: string, path: string, headers: Record<string, string>, answer: string][] = [
    ['may be read', 'GET', '/api/overview', anna, '200 '],
    ['tells no settings', 'GET', '/api/config', anna, '403 SCOPE_MISSING'],
    ['opens no way in', 'POST', '/api/access/lan/enable', anna, '403 SCOPE_MISSING'],
    ['ends no session that is not there', 'DELETE', '/api/session', anna, '401 missing_token'],
    ['gives no admin’s ticket', 'POST', '/api/ticket', anna, '403 SCOPE_MISSING'],
    ['tells who named nobody', 'GET', '/api/overview', proof, '401 invalid_proxy_credentials'],
    ['asks others to come by the proxy', 'GET', '/api/overview', {}, '401 missing_token'],
    ['answers what is for everybody to a proxy that named nobody', 'GET', '/api/tunnel/pair/ping', proof, '200 '],
    ['does nothing for a page of elsewhere', 'GET', '/api/overview', { ...anna, origin: 'https://evil.example' }, '403 FOREIGN_ORIGIN'],
    ['takes no token of the owner', 'GET', '/api/config', { authorization: 'Bearer {token}' }, '401 invalid_token'],
    ['takes none beside a user either', 'GET', '/api/config', { ...anna, authorization: 'Bearer {token}' }, '403 SCOPE_MISSING'],
  ]
  it.each(cases)('%s', async (_, method, path, headers, answer) => {
    const house = await start()
    const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('{token}', house.token)]))
    const body = path === '/api/ticket' ? { for: 'probe' } : {}
    const reply = await house.ask(method, path, { headers: filled, ...(method === 'GET' ? {} : { body }) })
    expect(`${reply.status} ${reply.status === 200 ? '' : String(reply.json()['code'])}`).toBe(answer)
  })
})

describe('event streams', () => {
  it('open by a ticket, and count for the user who asked for it', async () => {
    const house = await start({ maxSseConnections: 20 })
    const ticket = String((await house.ask('POST', '/api/ticket', { headers: anna, body: {} })).json()['ticket'])
    const first = await openStream(house, `/api/events?ticket=${ticket}`)
    const second = await openStream(house, '/api/events', { headers: anna })
    const third = await openStream(house, '/api/events', { headers: anna })
    const other = await openStream(house, '/api/events', { headers: named('bert') })
    expect([first, second, third, other].map(({ status }) => status)).toEqual([200, 200, 503, 200])
    for (const each of [first, second, third, other]) each.close()
  })

  const changes: [what: string, auth: Record<string, unknown>][] = [
    ['who may come in changes', { trustedProxy: { ...trustedProxy, allowUsers: ['bert'] } }],
    ['the secret changes', { trustedProxy: { ...trustedProxy, sharedSecret: 'f00dfeed'.repeat(6) } }],
    ['the mode changes', { mode: 'token' }],
  ]
  it.each(changes)('end when %s, but not those of the control socket', async (_, auth) => {
    const house = await start()
    const opened = await openStream(house, '/api/events', { headers: anna })
    const owners = await openStream(house, '/api/events', { by: 'socket' })
    await opened.until((text) => text.includes('connected'))
    await house.reconfigure((config) => ({ ...config, gateway: { ...config.gateway, auth: { ...config.gateway.auth, ...auth } } }))
    await opened.ended
    expect((await house.ask('GET', '/api/status', { headers: anna })).status).toBe(401)
    expect((await house.ask('GET', '/api/status', { by: 'socket' })).status).toBe(200)
    owners.close()
  })
})
