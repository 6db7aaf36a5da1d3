import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openRemoteGateway, type RemoteGateway } from '../../../src/lib/remote/remote-gateway.ts'
import { readPlace, type RemoteTarget } from '../../../src/lib/remote/target.ts'
import { changeKnownGateway, knownGateway } from '../../../src/lib/state/known-gateways.ts'
import { openState, type State } from '../../../src/lib/state/store.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { onRequests } from '../../support/misbehaving.ts'
import { type Challenge, createStandIn, json, type Payload, type StandIn, startServer } from './stand-in.ts'

const TOKEN = 'a1b2c3d4'.repeat(6)

async function newState(): Promise<State> {
  const dir = await tempFolder()
  return await openState({ HOME: dir, XOPC_STATE_DIR: dir })
}

function target(url: string, over: Partial<RemoteTarget> = {}): RemoteTarget {
  return { place: readPlace(url, '--url'), from: '--url', credential: TOKEN, publicKey: null, ...over }
}

/** Reaches what is there; whoever is met for the first time is taken. */
async function reach(url: string, state: State, over: Partial<RemoteTarget> = {}): Promise<RemoteGateway> {
  return await openRemoteGateway({ target: target(url, over), state, env: {}, meet: async () => true })
}

async function pin(state: State, origin: string, { publicKey }: StandIn, urls: string[] = []): Promise<void> {
  const now = new Date().toISOString()
  const known = { origin, gatewayId: 'stand-in', publicKey, urls, lastGood: null, firstSeen: now, lastSeen: now }
  await changeKnownGateway(state, origin, () => known)
}

const status = { method: 'GET', path: '/xopc/api/status' }
const neverSent = (server: { heard(): readonly unknown[]; bodies: string[] }): void =>
  expect(JSON.stringify([server.heard(), server.bodies])).not.toContain(TOKEN)

describe('a proof', () => {
  const other = createStandIn()
  it.each<[string, (challenge: Challenge) => [Partial<Payload>, Partial<Payload>?]]>([
    ['of another origin, signed', () => [{ origin: 'https://home.example.com' }]],
    ['of another origin, signed for this one', ({ origin }) => [{ origin: 'https://home.example.com' }, { origin }]],
    ['signed for another origin', () => [{}, { origin: 'https://home.example.com' }]],
    ['of another nonce', () => [{ nonce: 'n'.repeat(43) }]],
    ['signed over another nonce', () => [{}, { nonce: 'n'.repeat(43) }]],
    ['that is over', () => [{ expiresAt: Date.now() - 1 }]],
    ['that lasts too long to be made for this', () => [{ expiresAt: Date.now() + 3_600_000 }]],
    ['signed for another time', () => [{}, { expiresAt: Date.now() + 29_000 }]],
    ['for the key of somebody else', () => [{ publicKey: other.publicKey }]],
    ['for another gateway', () => [{}, { gatewayId: 'another' }]],
    ['whose key is too short', () => [{ publicKey: 'short' }]],
    ['whose name is made of escapes', () => [{ gatewayId: '\u001b[2J' }]],
    ['without a time', () => [{ expiresAt: Number.NaN }]],
  ])('%s is none, and nothing else is sent', async (_what, wrong) => {
    const standIn = createStandIn()
    const server = await startServer(({ challenge }, res) => json(res, challenge && standIn.prove(challenge, ...wrong(challenge))))
    const state = await newState()
    await expect(reach(server.url, state)).rejects.toMatchObject({ code: 'NOT_XOPC_GATEWAY' })
    await pin(state, server.url, standIn)
    await expect(reach(server.url, state)).rejects.toMatchObject({ code: 'WRONG_GATEWAY' })
    expect(server.heard().map(({ path }) => path)).toEqual(['/api/gateway-identity/challenge', '/api/gateway-identity/challenge'])
    neverSent(server)
  })

  it('is asked for with nothing but a fresh nonce and the origin', async () => {
    const standIn = createStandIn()
    const server = await startServer(({ challenge }, res) => json(res, challenge ? standIn.prove(challenge) : { ok: true }))
    const gateway = await reach(server.url, await newState())
    for (let times = 0; times < 3; times++) await (await gateway.transport(status)).json()
    const asked = server.bodies.filter((body) => body !== '').map((body) => JSON.parse(body) as Challenge)
    expect(new Set(asked.map(({ nonce }) => nonce)).size).toBe(3)
    expect(asked.map((body) => [Object.keys(body), body.origin])).toEqual(asked.map(() => [['nonce', 'origin'], server.url]))
    const { host } = new URL(server.url)
    const heard = server.heard().map(({ path, headers }) => [path.endsWith('/challenge'), headers.host, headers.authorization])
    expect(heard).toEqual([true, false, true, false, true, false].map((is) => [is, host, is ? undefined : `Bearer ${TOKEN}`]))
  })

  it('is asked of every connection anew, and each serves one request, the first one too', async () => {
    const standIn = createStandIn()
    const came: [number, string][] = []
    const server = await startServer(({ connection, challenge, path }, res) => {
      came.push([connection, path])
      json(res, challenge ? standIn.prove(challenge) : { ok: true })
    })
    const gateway = await reach(server.url, await newState())
    await (await gateway.transport(status)).json()
    await (await gateway.transport(status)).json()
    const challenge = '/api/gateway-identity/challenge'
    expect(came).toEqual([
      [0, challenge],
      [0, status.path],
      [1, challenge],
      [1, status.path],
    ])
  })
})

describe('a thief that is the gateway only at first', () => {
  /** The gateway on the first connection; then what `then` does. */
  async function thief(then: (standIn: StandIn, challenge: Challenge) => unknown, close = false) {
    const standIn = createStandIn()
    const old: unknown[] = []
    const server = await startServer(({ connection, challenge }, res) => {
      const reply = challenge === null ? { ok: true } : connection === 0 ? standIn.prove(challenge) : then(standIn, challenge)
      old.push(reply)
      json(res, reply === 'the old one' ? old[0] : reply, 200, close ? { connection: 'close' } : {})
    })
    const gateway = await reach(server.url, await newState())
    // The first one is for the first request.
    gateway.close()
    return { server, gateway }
  }

  it.each<[string, (standIn: StandIn, challenge: Challenge) => unknown]>([
    ['with a key of its own', (_, challenge) => createStandIn().prove(challenge)],
    ['with a key of its own and the name of the gateway', (_, challenge) => createStandIn('stand-in').prove(challenge)],
    ['with the old proof', () => 'the old one'],
    ['with a page', () => ({ login: true })],
    ['that claims the key', ({ publicKey }, challenge) => createStandIn().prove(challenge, { publicKey })],
  ])('then comes %s, and gets no token', async (_how, then) => {
    const { server, gateway } = await thief(then)
    await expect(gateway.transport(status)).rejects.toMatchObject({ code: 'WRONG_GATEWAY' })
    neverSent(server)
  })

  it('and closes the connection after the proof, gets no token on the next one', async () => {
    const { server, gateway } = await thief((standIn, challenge) => standIn.prove(challenge), true)
    await expect(gateway.transport(status)).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      message: expect.stringContaining('closes the connection after one reply'),
    })
    expect(server.connections()).toBe(2)
    neverSent(server)
  })
})

describe('a connection that waited for its request', () => {
  it('is not used after two seconds, when a proxy may have closed it', async () => {
    const standIn = createStandIn()
    const connections: number[] = []
    const server = await startServer(({ connection, challenge }, res) => {
      connections.push(connection)
      json(res, challenge ? standIn.prove(challenge) : { ok: true })
    })
    const gateway = await reach(server.url, await newState())
    await delay(2100)
    expect((await gateway.transport(status)).status).toBe(200)
    expect(connections).toEqual([0, 1, 1])
  })

  it('is put away where the person says no', async () => {
    const standIn = createStandIn()
    let open = 0
    const server = await startServer(({ challenge }, res, req) => {
      open++
      req.socket.once('close', () => open--)
      json(res, challenge && standIn.prove(challenge))
    })
    const state = await newState()
    const parts = { target: target(server.url), state, env: {}, meet: async () => false }
    await expect(openRemoteGateway(parts)).rejects.toMatchObject({ code: 'PIN_REQUIRED' })
    await expect.poll(() => open).toBe(0)
    expect([server.connections(), await knownGateway(state, server.url)]).toEqual([1, null])
  })
})

describe('what a gateway answers', () => {
  it('does not lead the token elsewhere', async () => {
    const elsewhere = await onRequests({}, () => (_req, res) => void res.end('{}'))
    const standIn = createStandIn()
    const server = await startServer(({ challenge }, res) =>
      json(res, challenge ? standIn.prove(challenge) : {}, challenge ? 200 : 307, challenge ? {} : { location: elsewhere.url }),
    )
    const gateway = await reach(server.url, await newState())
    expect((await gateway.transport(status)).status).toBe(307)
    expect(elsewhere.connections()).toBe(0)
  })

  it.each([429, 500, 502, 503])('is “not reached” where it is %s, also where it is known', async (code) => {
    const standIn = createStandIn()
    const server = await startServer((_asked, res) => json(res, {}, code))
    const state = await newState()
    await expect(reach(server.url, state)).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      message: expect.stringContaining(String(code)),
    })
    await pin(state, server.url, standIn)
    await expect(reach(server.url, state)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' })
  })

  it('is no other gateway where it does not know the address as its own', async () => {
    const server = await startServer((_asked, res) => json(res, { code: 'NOT_MY_ORIGIN' }, 421))
    await expect(reach(server.url, await newState())).rejects.toMatchObject({ code: 'REMOTE_NAME_UNKNOWN' })
  })

  it('that never ends is not read into memory', async () => {
    const server = await startServer((_asked, res) => {
      const block = Buffer.alloc(1024 * 1024, 0x61)
      const more = (): void => void (res.write(block) ? setImmediate(more) : res.once('drain', more))
      res.writeHead(200)
      more()
    })
    await expect(reach(server.url, await newState())).rejects.toMatchObject({ code: expect.stringMatching(/_UNREACHABLE$/) })
  })
})

describe('the key that the configuration demands', () => {
  it('counts before what was met there', async () => {
    const [standIn, state] = [createStandIn(), await newState()]
    const server = await startServer(({ challenge }, res) => json(res, challenge ? standIn.prove(challenge) : { ok: true }))
    await expect(reach(server.url, state, { publicKey: createStandIn().publicKey })).rejects.toMatchObject({ code: 'WRONG_GATEWAY' })
    neverSent(server)
    await pin(state, server.url, createStandIn())
    const gateway = await openRemoteGateway({
      target: target(server.url, { publicKey: standIn.publicKey }),
      state,
      env: {},
      // Nobody is new whose key is demanded.
      meet: async () => await Promise.reject(new Error('was asked')),
    })
    expect((await gateway.transport(status)).status).toBe(200)
    expect((await knownGateway(state, server.url))?.publicKey).toBe(standIn.publicKey)
  })
})

describe('a request', () => {
  it('ends with its signal, whether it waits for the proof or for the reply', async () => {
    const standIn = createStandIn()
    const server = await startServer(({ connection, challenge }, res) => {
      if (challenge !== null && connection < 2) json(res, standIn.prove(challenge))
    })
    const gateway = await reach(server.url, await newState())
    for (let times = 0; times < 3; times++) {
      const stop = new AbortController()
      setTimeout(() => stop.abort(new Error('enough')), 100)
      await expect(gateway.transport({ ...status, signal: stop.signal })).rejects.toThrow('enough')
    }
    await expect(gateway.transport({ ...status, signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
    expect(server.connections()).toBe(3)
  })

  it('is late where its reply does not begin', async () => {
    const standIn = createStandIn()
    const server = await startServer(({ challenge }, res) => (challenge ? json(res, standIn.prove(challenge)) : undefined))
    const gateway = await reach(server.url, await newState())
    await expect(gateway.transport({ ...status, timeoutMs: 100 })).rejects.toMatchObject({ code: 'REMOTE_TIMEOUT' })
  })

  it('with a token that no header can hold is not sent', async () => {
    const standIn = createStandIn()
    const server = await startServer(({ challenge }, res) => json(res, challenge ? standIn.prove(challenge) : { ok: true }))
    for (const credential of ['one\r\nX-More: 1', 'one\ntwo', '€', '\u0000', '']) {
      const gateway = await reach(server.url, await newState(), { credential })
      await expect(gateway.transport(status)).rejects.toMatchObject({ code: 'REMOTE_TOKEN_REFUSED' })
    }
    expect(server.heard().filter(({ path }) => path === status.path)).toEqual([])
    const umlauts = await reach(server.url, await newState(), { credential: 'Größe und Weite' })
    expect((await umlauts.transport(status)).status).toBe(200)
  })
})
