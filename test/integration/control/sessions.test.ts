import { describe, expect, it } from 'vitest'
import { openStream, signedIn, startHouse, type House } from './house.ts'

const strict = { maxAttempts: 3, windowMs: 60_000, blockDurationMs: 60_000 }

async function signIn(house: House, body: unknown, headers: Record<string, string> = {}) {
  const reply = await house.ask('POST', '/api/session', { body, headers })
  return { status: reply.status, code: reply.json()['code'], reply }
}

describe('signing in', () => {
  it('gives a cookie and a session key, and never the token', async () => {
    const house = await startHouse()
    const { status, reply } = await signIn(house, { token: house.token })
    expect(status).toBe(200)
    expect(reply.json()['sessionKey']).toMatch(/^xopc_sk_/)
    expect(reply.json()['origin']).toBe(`http://127.0.0.1:${house.port}`)
    expect(String(reply.headers['set-cookie'])).toMatch(/^xopc_session=.*HttpOnly; SameSite=Lax/)
    expect(reply.text + String(reply.headers['set-cookie'])).not.toContain(house.token)
    expect(house.audits).toContain('AuthAudit.signedIn')
  })

  it('takes the password in password mode, and no token there', async () => {
    const password = 'correct horse battery'
    const house = await startHouse({ auth: { mode: 'password', password, token: undefined } })
    expect((await signIn(house, { token: password })).status).toBe(401)
    expect((await signIn(house, { password })).status).toBe(200)
  })

  it('takes the owner’s Bearer instead of a body', async () => {
    const house = await startHouse()
    const reply = await house.ask('POST', '/api/session', { headers: { authorization: `Bearer ${house.token}` } })
    expect(reply.status).toBe(200)
  })

  it('marks the cookie Secure where the page is https', async () => {
    const house = await startHouse()
    const origin = 'https://gateway.example.com'
    const { reply } = await signIn(house, { token: house.token }, { host: 'gateway.example.com', origin })
    expect(String(reply.headers['set-cookie'])).toMatch(/^__Host-xopc_session=.*Secure/)
    expect(reply.json()['origin']).toBe(origin)
  })

  it.each(['1.2.3.256', 'a.example:99999', '[1::2::3]'])('at %s, which no URL can hold, is a bad request', async (host) => {
    const house = await startHouse()
    expect(await signIn(house, { token: house.token }, { host })).toMatchObject({ status: 400, code: 'HOST_INVALID' })
    expect(await signIn(house, { token: house.token }, { host, origin: `http://${host}` })).toMatchObject({ status: 400 })
  })

  it('refuses a page whose Origin is not the Host', async () => {
    const house = await startHouse()
    const { status } = await signIn(house, { token: house.token }, { origin: 'https://evil.example' })
    expect(status).toBe(403)
  })

  it('is not for gateways that ask for nothing', async () => {
    const house = await startHouse({ auth: { mode: 'none' } })
    expect(await signIn(house, { token: house.token })).toMatchObject({ status: 409, code: 'SIGN_IN_OFF' })
  })

  it('counts a wrong token and blocks the source with Retry-After, but still takes the generated one', async () => {
    const house = await startHouse({ auth: { rateLimit: strict } })
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(await signIn(house, { token: 'wrong-wrong-wrong' })).toMatchObject({ status: 401, code: 'invalid_token' })
    }
    expect(house.audits).toContain('AuthAudit.blocked')
    expect((await signIn(house, { token: house.token })).status).toBe(200)
  })

  it('compares a blocked source with nothing that a person chose', async () => {
    const house = await startHouse({ auth: { token: 'a-token-that-i-chose', rateLimit: strict } })
    for (let attempt = 1; attempt <= 3; attempt++) await signIn(house, { token: 'wrong-wrong-wrong' })
    const { status, code, reply } = await signIn(house, { token: 'a-token-that-i-chose' })
    expect([status, code]).toEqual([429, 'auth_blocked'])
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(50)
  })

  it('A43: counts malformed bodies and extra fields like a wrong credential', async () => {
    const house = await startHouse({ auth: { token: 'a-token-that-i-chose', rateLimit: strict } })
    await house.ask('POST', '/api/session', { text: '{"token":', headers: { 'content-type': 'application/json' } })
    await house.ask('POST', '/api/session', { body: { token: 'x', scopes: ['admin'] } })
    await house.ask('POST', '/api/session', { text: 'token=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect((await signIn(house, { token: 'a-token-that-i-chose' })).status).toBe(429)
  })

  it('lets a person with the right password in through the slow lane while the source is blocked', async () => {
    const password = 'correct horse battery'
    const house = await startHouse({ auth: { mode: 'password', password, token: undefined, rateLimit: strict } })
    for (let attempt = 1; attempt <= 3; attempt++) await signIn(house, { password: 'wrong' })
    expect((await signIn(house, { password })).status).toBe(200)
  })

  it('tells auth.blocked to whoever listens', async () => {
    const house = await startHouse({ auth: { rateLimit: strict } })
    const stream = await openStream(house, '/api/events', { by: 'socket' })
    for (let attempt = 1; attempt <= 3; attempt++) await signIn(house, { token: 'wrong-wrong-wrong' })
    expect(await stream.until((text) => text.includes('event: auth.blocked'))).toContain('127.0.0.1')
  })
})

describe('with an app behind the gateway', () => {
  const upstream = { url: 'http://127.0.0.1:9' }

  it('takes neither token nor Bearer for a session: sign-in is by a code', async () => {
    const house = await startHouse({ upstream })
    const byBody = await house.ask('POST', '/xopc/api/session', { body: { token: house.token } })
    const byBearer = await house.ask('POST', '/xopc/api/session', { headers: { authorization: `Bearer ${house.token}` } })
    for (const reply of [byBody, byBearer]) expect([reply.status, reply.json()['code']]).toEqual([403, 'SIGN_IN_BY_CODE'])
  })

  it('still asks the limiter first', async () => {
    const house = await startHouse({ upstream, auth: { token: 'a-token-that-i-chose', rateLimit: strict } })
    for (let attempt = 1; attempt <= 3; attempt++)
      await house.ask('GET', '/xopc/api/status', { headers: { authorization: 'Bearer wrong-wrong' } })
    expect((await house.ask('POST', '/xopc/api/session', { body: { token: 'a-token-that-i-chose' } })).status).toBe(429)
  })
})

describe('a session', () => {
  it('A47: its cookie alone reads but changes nothing', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    expect((await house.ask('GET', '/api/status', { headers: { cookie } })).status).toBe(200)
    const reply = await house.ask('PATCH', '/api/config', { headers: { cookie }, body: { 'gateway.port': 1 } })
    expect([reply.status, reply.json()['code']]).toEqual([403, 'SCOPE_MISSING'])
    expect(house.xopc.calls.some((call) => call.startsWith('patchConfig'))).toBe(false)
  })

  it('does not take a foreign page for its own', async () => {
    const house = await startHouse()
    const { cookie, key } = await signedIn(house)
    const headers = { cookie, 'x-xopc-token': key, origin: 'https://evil.example' }
    expect((await house.ask('POST', '/api/gateway/stop', { headers })).status).toBe(403)
    expect(house.xopc.calls).not.toContain('stop')
  })

  it('is good at the origin it was made at and nowhere else', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    const reply = await house.ask('GET', '/api/status', { headers: { cookie, host: `localhost:${house.port}` } })
    expect(reply.status).toBe(401)
  })

  it('ends with its event streams, and takes its cookie along', async () => {
    const house = await startHouse()
    const { cookie, origin } = await signedIn(house)
    const stream = await openStream(house, '/api/events', { headers: { cookie } })
    await stream.until((text) => text.includes('connected'))
    const reply = await house.ask('DELETE', '/api/session', { headers: { cookie, origin } })
    expect(reply.status).toBe(204)
    expect(String(reply.headers['set-cookie'])).toContain('Max-Age=0')
    await stream.ended
    expect((await house.ask('GET', '/api/status', { headers: { cookie } })).status).toBe(401)
  })

  it('opened at an unknown https name tells the overview what to offer as publicUrl', async () => {
    const house = await startHouse()
    const origin = 'https://gateway.example.com'
    const headers = { host: 'gateway.example.com', origin }
    const { reply } = await signIn(house, { token: house.token }, headers)
    const [cookie = ''] = String(reply.headers['set-cookie']).split(';')
    const seen = async () => (await house.ask('GET', '/api/overview', { headers: { ...headers, cookie } })).json()['seenAs']
    expect(await seen()).toEqual({ origin, ingress: 'local' })
    await house.reconfigure((config) => ({ ...config, gateway: { ...config.gateway, publicUrl: origin } }))
    expect(await seen()).toBeNull()
  })

  it('ends when an app moves in, whose scripts could read the session key', async () => {
    const house = await startHouse()
    const { cookie, key } = await signedIn(house)
    const { ticket } = (await house.ask('POST', '/api/ticket', { headers: { cookie } })).json() as { ticket: string }
    await house.reconfigure((config) => ({ ...config, gateway: { ...config.gateway, upstream: { url: 'http://127.0.0.1:9' } } }))
    const headers = { cookie, 'x-xopc-token': key }
    expect((await house.ask('GET', '/xopc/api/config', { headers })).status).toBe(401)
    expect((await house.ask('GET', `/xopc/api/status?ticket=${ticket}`)).status).toBe(401)
    expect((await house.ask('GET', '/xopc/api/status', { headers: { authorization: `Bearer ${house.token}` } })).status).toBe(200)
  })

  it('ends when the token changes, with every stream that the old one opened, but not those of the control socket', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    const bearer = { authorization: `Bearer ${house.token}` }
    const streams = await Promise.all([{ cookie }, bearer].map((headers) => openStream(house, '/api/events', { headers })))
    const control = await openStream(house, '/api/events', { by: 'socket' })
    for (const stream of [...streams, control]) await stream.until((text) => text.includes('connected'))
    await house.reconfigure((config) => ({
      ...config,
      gateway: { ...config.gateway, auth: { ...config.gateway.auth, token: 'f'.repeat(47) + '0' } },
    }))
    await Promise.all(streams.map(({ ended }) => ended))
    expect((await house.ask('GET', '/api/status', { headers: { cookie } })).status).toBe(401)
    expect((await house.ask('GET', '/api/status', { headers: bearer })).status).toBe(401)
    house.xopc.emit('config.reload')
    await control.until((text) => text.includes('config.reload'))
  })
})

describe('a ticket', () => {
  it('opens the events once', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    const { ticket } = (await house.ask('POST', '/api/ticket', { headers: { cookie } })).json() as { ticket: string }
    const first = await openStream(house, `/api/events?ticket=${ticket}`)
    expect(first.status).toBe(200)
    const second = await openStream(house, `/api/events?ticket=${ticket}`)
    expect(second.status).toBe(401)
  })

  it('ends with the session that asked for it', async () => {
    const house = await startHouse()
    const { cookie, origin } = await signedIn(house)
    const { ticket } = (await house.ask('POST', '/api/ticket', { headers: { cookie } })).json() as { ticket: string }
    const stream = await openStream(house, `/api/events?ticket=${ticket}`)
    await stream.until((text) => text.includes('connected'))
    await house.ask('DELETE', '/api/session', { headers: { cookie, origin } })
    await stream.ended
  })

  it('opens nothing after that session ended', async () => {
    const house = await startHouse()
    const { cookie, key, origin } = await signedIn(house)
    const ask = async (use: string) =>
      (await house.ask('POST', '/api/ticket', { headers: { cookie, 'x-xopc-token': key }, body: { for: use } })).json() as {
        ticket: string
      }
    const [events, probe] = await Promise.all(['events', 'probe'].map(ask))
    await house.ask('DELETE', '/api/session', { headers: { cookie, origin } })
    expect((await house.ask('GET', `/api/status?ticket=${events?.ticket}`)).status).toBe(401)
    expect((await house.ask('GET', '/api/probe/request', { headers: { authorization: `Bearer ${probe?.ticket}` } })).status).toBe(401)
  })

  it('for a probe is only given to who administers', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    const reply = await house.ask('POST', '/api/ticket', { headers: { cookie }, body: { for: 'probe' } })
    expect([reply.status, reply.json()['code']]).toEqual([403, 'SCOPE_MISSING'])
  })

  it('A39: opens nothing where the owner’s token stands in its place', async () => {
    const house = await startHouse()
    for (const name of ['ticket', 'token', 'access_token']) {
      expect((await house.ask('GET', `/api/status?${name}=${house.token}`)).status).toBe(401)
    }
  })
})
