import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ConfigInput, configSchema } from '../../../src/lib/config/schema.ts'
import { createAuthenticator, type Visit } from '../../../src/lib/gateway/edge/auth.ts'
import type { Principal } from '../../../src/lib/gateway/edge/exchange.ts'
import { readHead } from '../../../src/lib/gateway/edge/head.ts'
import { createLimiter } from '../../../src/lib/gateway/edge/limits.ts'
import { openDevices } from '../../../src/lib/identity/devices.ts'
import { createSessions } from '../../../src/lib/identity/sessions.ts'
import { createTickets } from '../../../src/lib/identity/tickets.ts'
import { systemClock as clock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { tempFolder } from '../../support/cleanup.ts'

const at = (host: string) => ({ host, anyPort: false })

const GENERATED = 'a1b2c3d4'.repeat(6)
const CHOSEN = 'a-long-token-that-i-chose-myself'
const PASSWORD = 'correct horse battery'
const WRONG = 'something-else-entirely'
const ORIGIN = 'http://localhost:18790'

const devices = await openDevices({ state: { paths: { devices: join(await tempFolder(), 'devices.json') } }, clock, log: silentLog })

function court(auth: NonNullable<ConfigInput['gateway']>['auth']) {
  let config = configSchema.parse({ gateway: { auth } })
  const sessions = createSessions({ clock })
  const tickets = createTickets<Principal>({ clock })
  const limiter = createLimiter({ rule: () => config.gateway.auth.rateLimit, clock })
  const authenticator = createAuthenticator({ config: () => config, sessions, devices, tickets, limiter })
  const signIn = () => {
    const { setCookie, key } = sessions.create(ORIGIN, 'local')
    return { cookie: setCookie.split(';')[0] ?? '', key }
  }
  const prove = (headers: Record<string, string>, visit: Partial<Visit> = {}) =>
    authenticator.prove(readHead(Object.entries(headers).flat()), {
      client: '192.0.2.1',
      asked: at('localhost:18790'),
      control: false,
      tailscaleLogin: null,
      toApp: false,
      local: false,
      vouched: null,
      ticket: null,
      ticketUse: 'events',
      ...visit,
    })
  return {
    prove,
    signIn,
    sessions,
    tickets,
    limiter,
    authenticator,
    devices,
    setAuth: (next: typeof auth) => (config = configSchema.parse({ gateway: { auth: next } })),
  }
}

const bearer = (value: string) => ({ Authorization: `Bearer ${value}` })

describe('one credential', () => {
  it.each([
    ['a generated token as Bearer', { mode: 'token', token: GENERATED }, bearer(GENERATED), 'owner'],
    ['a generated token as X-Xopc-Token', { mode: 'token', token: GENERATED }, { 'x-xopc-token': GENERATED }, 'owner'],
    ['a generated token as X-Api-Key', { mode: 'token', token: GENERATED }, { 'X-Api-Key': GENERATED }, 'owner'],
    ['a chosen token', { mode: 'token', token: CHOSEN }, bearer(CHOSEN), 'owner'],
    ['a password', { mode: 'password', password: PASSWORD }, bearer(PASSWORD), 'owner'],
    ['the word in small letters', { mode: 'token', token: GENERATED }, { authorization: `bearer ${GENERATED}` }, 'owner'],
    ['nothing', { mode: 'token', token: GENERATED }, {}, 'anonymous'],
    ['Basic', { mode: 'token', token: GENERATED }, { Authorization: `Basic ${GENERATED}` }, 'anonymous'],
    ['an empty Bearer', { mode: 'token', token: GENERATED }, { Authorization: 'Bearer ' }, 'anonymous'],
    ['a dead cookie', { mode: 'token', token: GENERATED }, { Cookie: 'xopc_session=gone' }, 'anonymous'],
  ] as const)('%s: %s', (_, auth, headers, id) => {
    const { prove } = court(auth)
    expect(prove(headers)).toMatchObject({ principal: { id }, refusal: null })
  })

  it.each([
    ['a wrong token', { mode: 'token', token: GENERATED }, bearer(WRONG)],
    ['the token with one digit more', { mode: 'token', token: GENERATED }, bearer(`${GENERATED}0`)],
    ['the password in token mode', { mode: 'token', token: GENERATED, password: PASSWORD }, bearer(PASSWORD)],
    ['the token in password mode', { mode: 'password', token: GENERATED, password: PASSWORD }, bearer(GENERATED)],
    ['a device token that is not known', { mode: 'token', token: GENERATED }, bearer('xopc_dt_unknown')],
  ] as const)('%s is refused and counted', (_, auth, headers) => {
    const { prove, limiter } = court(auth)
    expect(prove(headers)).toMatchObject({ principal: { kind: 'anonymous' }, refusal: 'invalid_token' })
    expect(limiter.size()).toBe(1)
  })

  it('that is missing where none is configured is told apart', () => {
    expect(court({ mode: 'token' }).authenticator.unproven()).toBe('auth_unconfigured')
    expect(court({ mode: 'token', token: GENERATED }).authenticator.unproven()).toBe('missing_token')
  })

  it('is not needed on the control socket', () => {
    expect(court({ mode: 'token', token: GENERATED }).prove({}, { control: true }).principal.id).toBe('owner')
  })

  it('is not asked for in mode none, of programs on this computer', () => {
    const { prove } = court({ mode: 'none' })
    const { principal } = prove({}, { local: true })
    expect([principal.kind, [...principal.scopes]]).toEqual(['local', ['read', 'run']])
    expect(prove({}).principal.kind).toBe('anonymous')
  })
})

describe('a browser session', () => {
  let it_: ReturnType<typeof court>
  beforeEach(() => {
    it_ = court({ mode: 'token', token: GENERATED })
  })

  it('grants read and run with its cookie, everything with its key besides', () => {
    const { cookie, key } = it_.signIn()
    const half = it_.prove({ Cookie: `a=b; ${cookie}` })
    expect([[...half.principal.scopes], half.ambient, half.byHeader]).toEqual([['read', 'run'], true, false])
    const whole = it_.prove({ Cookie: cookie, 'X-Xopc-Token': key })
    expect([[...whole.principal.scopes], whole.ambient, whole.byHeader]).toEqual([['read', 'run', 'pair', 'admin'], false, true])
  })

  it.each([
    ['without its cookie', (s: { cookie: string; key: string }) => ({ 'X-Xopc-Token': s.key })],
    ['with the cookie of another session', (s: { key: string }) => ({ 'X-Xopc-Token': s.key, Cookie: it_.signIn().cookie })],
  ])('key %s grants nothing more, and is no guess', (_, headers) => {
    const proof = it_.prove(headers(it_.signIn()))
    expect(proof.principal.scopes.has('admin')).toBe(false)
    expect(it_.limiter.size()).toBe(0)
  })

  it.each([
    ['another host', { asked: at('evil.example') }, {}],
    ['another port', { asked: at('localhost:3000') }, {}],
    ['another origin', {}, { Origin: 'http://localhost:3000' }],
  ])('counts for nothing at %s', (_, visit, headers) => {
    expect(it_.prove({ Cookie: it_.signIn().cookie, ...headers }, visit).principal.kind).toBe('anonymous')
  })

  it('ends', () => {
    const { cookie } = it_.signIn()
    it_.sessions.endOwner()
    expect(it_.prove({ Cookie: cookie }).principal.kind).toBe('anonymous')
  })

  it('of https is not taken from the cookie that plain http can set', () => {
    const { setCookie } = it_.sessions.create('https://a.example', 'local')
    expect(setCookie).toMatch(/^__Host-xopc_session=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800; Secure$/)
    const cookie = setCookie.split(';')[0] ?? ''
    expect(it_.prove({ Cookie: cookie }, { asked: at('a.example') }).principal.kind).toBe('session')
    expect(it_.prove({ Cookie: cookie.replace('__Host-', '') }, { asked: at('a.example') }).principal.kind).toBe('anonymous')
  })
})

describe('several credentials', () => {
  const auth = { mode: 'token', token: CHOSEN } as const
  it('a wrong Bearer beside a cookie neither takes nor gives, and is counted', () => {
    const { prove, signIn, limiter } = court(auth)
    const { principal, refusal } = prove({ Cookie: signIn().cookie, ...bearer(WRONG) })
    expect([[...principal.scopes], refusal]).toEqual([['read', 'run'], null])
    expect(limiter.size()).toBe(1)
  })

  it('a good Bearer beside a cookie gives what it gives', () => {
    const { prove, signIn } = court(auth)
    expect(prove({ Cookie: signIn().cookie, ...bearer(CHOSEN) }).principal.id).toBe('owner')
  })

  it('a good Bearer beside a wrong key', () => {
    const { prove } = court(auth)
    expect(prove({ ...bearer(CHOSEN), 'X-Api-Key': WRONG })).toMatchObject({ principal: { id: 'owner' }, refusal: null })
  })

  it('a wrong Bearer beside a dead cookie is a wrong Bearer', () => {
    expect(court(auth).prove({ ...bearer(WRONG), Cookie: 'xopc_session=gone' }).refusal).toBe('invalid_token')
  })
})

describe('on the way to the app', () => {
  const toApp = { toApp: true }
  it('a Bearer of the app travels on beside a session, and is compared with nothing that can be guessed', () => {
    const { prove, signIn, limiter } = court({ mode: 'token', token: CHOSEN })
    const { cookie } = signIn()
    expect(prove({ Cookie: cookie, ...bearer('key-of-the-app') }, toApp)).toMatchObject({
      bearerTravels: true,
      principal: { kind: 'session' },
    })
    expect(prove({ Cookie: cookie, ...bearer(CHOSEN) }, toApp).principal.kind).toBe('session')
    expect(limiter.size()).toBe(0)
  })

  it('an X-Api-Key of the app travels on, ours does not', () => {
    const { prove, signIn } = court({ mode: 'token', token: GENERATED })
    expect(prove({ Cookie: signIn().cookie, 'X-Api-Key': 'sk-of-the-app' }, toApp).apiKeyTravels).toBe(true)
    expect(prove({ 'X-Api-Key': GENERATED }, toApp).apiKeyTravels).toBe(false)
    expect(prove({ 'X-Api-Key': GENERATED, ...bearer('key-of-the-app') }, toApp)).toMatchObject({
      bearerTravels: true,
      apiKeyTravels: false,
    })
  })

  it.each([
    ['what starts like one of ours', bearer('xopc_dt_whatever')],
    ['a session key', bearer('xopc_sk_whatever')],
    ['a ticket', bearer('xopc_tk_whatever')],
    ['the token in force', bearer(GENERATED)],
  ])('%s never travels', (_, headers) => {
    const { prove, signIn } = court({ mode: 'token', token: GENERATED })
    expect(prove({ Cookie: signIn().cookie, ...headers }, toApp).bearerTravels).toBe(false)
  })

  it('a token that was rotated never travels', () => {
    const { prove, signIn, setAuth } = court({ mode: 'token', token: GENERATED })
    prove({})
    setAuth({ mode: 'token', token: 'ffff0000'.repeat(6) })
    expect(prove({ Cookie: signIn().cookie, ...bearer(GENERATED) }, toApp)).toMatchObject({
      bearerTravels: false,
      principal: { kind: 'session' },
    })
  })

  it('a chosen token that is good in one header does not travel in another', () => {
    const { prove } = court({ mode: 'token', token: CHOSEN })
    expect(prove({ 'X-Xopc-Token': CHOSEN, ...bearer(CHOSEN) }, toApp).bearerTravels).toBe(false)
  })

  it('a Bearer of the app alone opens nothing', () => {
    expect(court({ mode: 'token', token: GENERATED }).prove(bearer('key-of-the-app'), toApp).refusal).toBe('invalid_token')
  })
})

describe('a user that a proxy names', () => {
  const SECRET = '5ec2e7aa'.repeat(6)
  const CHOSEN_SECRET = 'a-secret-that-i-chose-myself'
  const user = { 'X-Forwarded-User': 'anna' }
  const proven = { ...user, 'X-Xopc-Proxy-Secret': SECRET }
  /** A court in trusted-proxy mode; every header is one that a trusted peer sent unless `vouched` says otherwise. */
  function proxied(trustedProxy: NonNullable<NonNullable<ConfigInput['gateway']>['auth']>['trustedProxy'] = { sharedSecret: SECRET }) {
    const it_ = court({ mode: 'trusted-proxy', token: GENERATED, password: PASSWORD, trustedProxy })
    const prove = (headers: Record<string, string>, visit: Partial<Visit> = {}) =>
      it_.prove(headers, { vouched: Object.entries(headers).flat(), ...visit })
    return { ...it_, prove }
  }

  it('may read and run, and comes by nothing that the page itself sent', () => {
    const proof = proxied().prove(proven)
    expect(proof).toMatchObject({ principal: { kind: 'sso', id: 'sso:anna' }, refusal: null, fault: null, ambient: true, byHeader: false })
    expect([...proof.principal.scopes]).toEqual(['read', 'run'])
  })

  it('is written percent-encoded', () => {
    const named = { ...proven, 'X-Forwarded-User': Buffer.from('Žofie <a@b>/:').toString('latin1') }
    expect(proxied().prove(named).principal.id).toBe('sso:%C5%BDofie%20%3Ca%40b%3E%2F%3A')
  })

  it.each([
    ['from a peer that is not trusted, or by a door where proxies have no say', proven, { vouched: null }],
    ['where nothing says anything', {}, {}],
  ] as const)('is nobody %s', (_, headers, visit) => {
    const { prove, limiter, authenticator } = proxied()
    expect(prove(headers, visit)).toMatchObject({ principal: { kind: 'anonymous' }, refusal: null })
    expect([limiter.size(), authenticator.unproven()]).toEqual([0, 'missing_token'])
  })

  it('is nobody in any other mode', () => {
    for (const auth of [
      { mode: 'token', token: GENERATED },
      { mode: 'password', password: PASSWORD },
    ] as const) {
      const { prove } = court({ ...auth, trustedProxy: { sharedSecret: SECRET } })
      expect(prove(proven, { vouched: Object.entries(proven).flat() }).principal.kind).toBe('anonymous')
    }
  })

  it.each([
    ['a wrong secret', { ...user, 'X-Xopc-Proxy-Secret': WRONG }, 'secret-wrong', 1],
    ['no secret', user, 'secret-missing', 0],
    ['a comma', { ...proven, 'X-Forwarded-User': 'anna,root' }, 'user-unreadable', 0],
  ] as const)('is refused with %s', (_, headers, fault, counted) => {
    const { prove, limiter } = proxied()
    expect(prove(headers)).toMatchObject({ principal: { kind: 'anonymous' }, refusal: 'invalid_proxy_credentials', fault })
    expect(limiter.size()).toBe(counted)
  })

  it('that is missing is no failure, and told apart from nothing at all', () => {
    const { prove, limiter } = proxied()
    const { principal, refusal, fault } = prove({ 'X-Xopc-Proxy-Secret': SECRET })
    expect([principal.kind, principal.unnamed, refusal, fault, limiter.size()]).toEqual(['anonymous', true, null, 'user-missing', 0])
  })

  it('is not the owner whom the control socket lets in', () => {
    expect(proxied().prove({ ...user, 'X-Xopc-Proxy-Secret': WRONG }, { control: true, vouched: null }).principal.id).toBe('owner')
  })

  it('gets nothing from the token and the password, which open nothing in this mode', () => {
    const { prove } = proxied()
    for (const secret of [GENERATED, PASSWORD, SECRET]) {
      expect(prove(bearer(secret)), secret).toMatchObject({ principal: { kind: 'anonymous' }, refusal: 'invalid_token' })
      const { principal, refusal, bearerTravels } = prove({ ...proven, ...bearer(secret) }, { toApp: true })
      expect([principal.id, refusal, bearerTravels], secret).toEqual(['sso:anna', null, secret === PASSWORD])
    }
  })

  it('takes the app’s own Bearer along, and nothing that starts like ours', () => {
    const { prove } = proxied()
    expect(prove({ ...proven, ...bearer('key-of-the-app') }, { toApp: true }).bearerTravels).toBe(true)
    expect(prove({ ...proven, ...bearer('xopc_dt_unknown') }, { toApp: true })).toMatchObject({
      bearerTravels: false,
      principal: { id: 'sso:anna' },
    })
  })

  it('gives way to a probe ticket, and the proxy’s word is not even looked at then', () => {
    const { prove, tickets, limiter } = proxied()
    const { ticket } = tickets.issue('probe', { kind: 'owner', id: 'owner', scopes: new Set(['admin']) })
    const { principal } = prove({ ...user, 'X-Xopc-Proxy-Secret': WRONG, ...bearer(ticket) })
    expect([principal.ticket, limiter.size()]).toEqual(['probe', 0])
  })

  it('hands its own rights on by a ticket, under its own name', () => {
    const { prove, tickets } = proxied()
    const { ticket } = tickets.issue('events', prove(proven).principal)
    const { principal } = prove({}, { ticket })
    expect([principal.kind, principal.id, [...principal.scopes]]).toEqual(['ticket', 'sso:anna', ['read', 'run']])
  })

  it('is let in from a blocked source by a secret that cannot be guessed', () => {
    const { prove } = proxied()
    for (let n = 0; n < 5; n++) prove({ ...user, 'X-Xopc-Proxy-Secret': WRONG })
    expect(prove({ ...user, 'X-Xopc-Proxy-Secret': WRONG })).toMatchObject({ refusal: 'auth_blocked', fault: 'secret-wrong' })
    expect(prove(proven).principal.id).toBe('sso:anna')
  })

  it('is not let in from a blocked source by one that somebody chose, even the right one', () => {
    const { prove } = proxied({ sharedSecret: CHOSEN_SECRET })
    const right = { ...user, 'X-Xopc-Proxy-Secret': CHOSEN_SECRET }
    const blocks = Array.from({ length: 5 }, () => prove({ ...user, 'X-Xopc-Proxy-Secret': WRONG }).blockedNow)
    expect(blocks).toEqual([false, false, false, false, true])
    expect(prove(right)).toMatchObject({ refusal: 'auth_blocked', fault: 'secret-not-compared', principal: { kind: 'anonymous' } })
    expect(prove(right).retryAfterMs).toBeGreaterThan(299_000)
    expect(prove(right, { client: '192.0.2.2' }).principal.id).toBe('sso:anna')
  })
})

describe('a blocked source', () => {
  const block = (prove: (headers: Record<string, string>) => unknown) => Array.from({ length: 5 }, () => prove(bearer(WRONG)))

  it.each([
    ['a chosen token', { mode: 'token', token: CHOSEN }, CHOSEN],
    ['a password', { mode: 'password', password: PASSWORD }, PASSWORD],
  ] as const)('does not get in with %s, even the right one', (_, auth, secret) => {
    const { prove } = court(auth)
    block(prove)
    expect(prove(bearer(secret))).toMatchObject({ refusal: 'auth_blocked', principal: { kind: 'anonymous' } })
    expect(prove(bearer(secret)).retryAfterMs).toBeGreaterThan(299_000)
    expect(prove(bearer(secret), { client: '192.0.2.2' }).principal.id).toBe('owner')
  })

  it('gets in with a generated token, a session and a ticket', () => {
    const { prove, signIn, tickets } = court({ mode: 'token', token: GENERATED })
    block(prove)
    expect(prove(bearer(WRONG)).refusal).toBe('auth_blocked')
    expect(prove(bearer(GENERATED)).principal.id).toBe('owner')
    expect(prove({ Cookie: signIn().cookie }).principal.kind).toBe('session')
    const { ticket } = tickets.issue('events', { kind: 'owner', id: 'owner', scopes: new Set(['read', 'run', 'pair', 'admin']) })
    expect(prove({}, { ticket }).principal.kind).toBe('ticket')
  })

  it('is still anonymous without a credential', () => {
    const { prove } = court({ mode: 'token', token: GENERATED })
    block(prove)
    expect(prove({}).refusal).toBeNull()
  })
})

describe('a device', () => {
  const app = { name: 'Pixel', platform: 'android', kind: 'app' as const, scopes: ['read', 'run'] as const, baseUrl: 'https://a.example' }
  const page = { ...app, kind: 'browser' as const }
  const modes = [
    { mode: 'token', token: GENERATED },
    { mode: 'token', token: CHOSEN },
    { mode: 'token' },
    { mode: 'password', password: PASSWORD },
    { mode: 'trusted-proxy', trustedProxy: { sharedSecret: GENERATED } },
    { mode: 'none' },
  ] as const

  it.each(modes.map((auth) => [JSON.stringify(auth), auth] as const))('comes in by its token with %s', async (_, auth) => {
    const { prove, limiter } = court(auth)
    const { record, token } = await devices.add(app)
    for (const headers of [bearer(token), { 'X-Xopc-Token': token }, { 'X-Api-Key': token }]) {
      expect(prove(headers)).toMatchObject({
        principal: { kind: 'device', id: `device:${record.id}`, device: record.id, scopes: new Set(['read', 'run']) },
        refusal: null,
        byHeader: true,
        ambient: false,
      })
    }
    expect([prove(bearer(token)).bearerTravels, prove({ 'X-Api-Key': token }).apiKeyTravels, limiter.size()]).toEqual([false, false, 0])
  })

  it.each(modes.map((auth) => [JSON.stringify(auth), auth] as const))(
    'that was thrown out is refused and counted with %s',
    async (_, auth) => {
      const { prove, limiter } = court(auth)
      const { record, token } = await devices.add(app)
      await devices.revoke(record.id)
      expect(prove(bearer(token))).toMatchObject({ principal: { kind: 'anonymous' }, refusal: 'invalid_token', bearerTravels: false })
      expect(limiter.size()).toBe(1)
    },
  )

  it('may do what stands in its record', async () => {
    const { prove } = court({ mode: 'token', token: GENERATED })
    const { token } = await devices.add({ ...app, scopes: ['read', 'run', 'pair', 'admin'] })
    expect([...prove(bearer(token)).principal.scopes]).toEqual(['read', 'run', 'pair', 'admin'])
    const { token: less } = await devices.add({ ...app, scopes: ['read'] })
    expect([...prove(bearer(less)).principal.scopes]).toEqual(['read'])
  })

  it('that is a browser comes in by its cookie, at its own origin only, with read and run at most', async () => {
    const { prove } = court({ mode: 'token', token: GENERATED })
    const { record, token } = await devices.add({ ...page, scopes: ['read', 'run', 'pair', 'admin'] })
    const cookie = { Cookie: `other=1; __Host-xopc_device=${token}` }
    const there = { asked: at('a.example') }
    expect(prove(cookie, there)).toMatchObject({
      principal: { kind: 'device', device: record.id, scopes: new Set(['read', 'run']) },
      ambient: true,
      byHeader: false,
    })
    expect(prove({ ...cookie, Origin: 'https://a.example' }, there).principal.kind).toBe('device')
    for (const [headers, asked] of [
      [cookie, at('b.example')],
      [cookie, at('a.example:8443')],
      [{ ...cookie, Origin: 'https://b.example' }, at('a.example')],
      [{ ...cookie, Origin: 'http://a.example' }, at('a.example')],
      [{ Cookie: `xopc_device=${token}` }, at('a.example')],
      [{ Cookie: `__Host-xopc_session=${token}` }, at('a.example')],
    ] as const) {
      expect(prove(headers as Record<string, string>, { asked }).principal.kind).toBe('anonymous')
    }
    await devices.revoke(record.id)
    expect(prove(cookie, there)).toMatchObject({ principal: { kind: 'anonymous' }, refusal: null })
  })

  it('that is a browser has no token for a header, and an app none for a cookie', async () => {
    const { prove, limiter } = court({ mode: 'token', token: GENERATED })
    const { token } = await devices.add(page)
    expect(prove(bearer(token), { asked: at('a.example') })).toMatchObject({ principal: { kind: 'anonymous' }, refusal: 'invalid_token' })
    expect(limiter.size()).toBe(1)
    const { token: other } = await devices.add(app)
    expect(prove({ Cookie: `__Host-xopc_device=${other}` }, { asked: at('a.example') }).principal.kind).toBe('anonymous')
  })

  it('on plain http has the plain cookie', async () => {
    const { prove } = court({ mode: 'token', token: GENERATED })
    const { token } = await devices.add({ ...page, baseUrl: 'http://192.168.1.5:18790' })
    const lan = { asked: at('192.168.1.5:18790') }
    expect(prove({ Cookie: `xopc_device=${token}` }, lan).principal.kind).toBe('device')
    expect(prove({ Cookie: `__Host-xopc_device=${token}` }, lan).principal.kind).toBe('anonymous')
  })

  it('neither takes from nor adds to what else the request proves', async () => {
    const { prove, signIn } = court({ mode: 'token', token: GENERATED })
    const { token } = await devices.add({ ...app, scopes: ['read'] })
    const { cookie, key } = signIn()
    expect(prove({ ...bearer(GENERATED), 'X-Api-Key': token }).principal.kind).toBe('owner')
    expect([...prove({ Cookie: cookie, ...bearer(token), 'X-Xopc-Token': key }).principal.scopes]).toHaveLength(4)
    // What is brought on purpose counts before what the browser adds by itself.
    expect(prove({ Cookie: cookie, ...bearer(token) }).principal).toMatchObject({ kind: 'device', scopes: new Set(['read']) })
    expect(prove({ Cookie: cookie, ...bearer('xopc_dt_wrong') }).principal.kind).toBe('session')
  })

  it('comes in from a blocked source', async () => {
    const { prove } = court({ mode: 'password', password: PASSWORD })
    const { token } = await devices.add(app)
    for (let n = 0; n < 10; n++) prove(bearer(WRONG))
    expect(prove(bearer(WRONG)).refusal).toBe('auth_blocked')
    expect(prove(bearer(token)).principal.kind).toBe('device')
  })

  it('loses the tickets that it asked for with its token', async () => {
    const { prove, tickets } = court({ mode: 'token', token: GENERATED })
    const { record, token } = await devices.add({ ...app, scopes: ['read', 'run', 'admin'] })
    const { principal } = prove(bearer(token))
    const [first, second] = [tickets.issue('events', principal).ticket, tickets.issue('events', principal).ticket]
    expect(prove({}, { ticket: first }).principal).toEqual({
      kind: 'ticket',
      id: `device:${record.id}`,
      scopes: new Set(['read', 'run']),
      ticket: 'events',
      device: record.id,
    })
    await devices.revoke(record.id)
    expect(prove({}, { ticket: second }).principal.kind).toBe('anonymous')
  })
})

describe('a ticket', () => {
  const holder: Principal = { kind: 'owner', id: 'owner', scopes: new Set(['read', 'run', 'pair', 'admin']) }
  it('works once, for its use, and never carries admin', () => {
    const { prove, tickets } = court({ mode: 'token', token: GENERATED })
    const { ticket } = tickets.issue('ws', holder)
    const { principal } = prove({}, { ticket, ticketUse: 'ws' })
    expect([principal.kind, [...principal.scopes]]).toEqual(['ticket', ['read', 'run']])
    expect(prove({}, { ticket, ticketUse: 'ws' }).principal.kind).toBe('anonymous')
    const { ticket: other } = tickets.issue('ws', holder)
    expect(prove({}, { ticket: other, ticketUse: 'events' }).principal.kind).toBe('anonymous')
  })

  it('for a probe is a Bearer without scopes', () => {
    const { prove, tickets } = court({ mode: 'token', token: GENERATED })
    const { principal } = prove(bearer(tickets.issue('probe', holder).ticket))
    expect([principal.ticket, principal.scopes.size]).toEqual(['probe', 0])
    expect(prove(bearer(tickets.issue('events', holder).ticket)).refusal).toBe('invalid_token')
  })
})
