import { createPublicKey, verify } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import type { ChallengeReply } from '../../src/lib/protocol/http-api.ts'
import { challengeMessage } from '../../src/lib/protocol/signing.ts'
import { startGateway } from '../support/gateway.ts'
import { onRequests } from '../support/misbehaving.ts'
import { needsPeer } from '../support/peers.ts'
import { verdictOf } from '../support/verdict.ts'
import { signIn } from './browsers.ts'
import { type Door, doorTo, type House, openHouse, PUBLIC_HOST } from './doors.ts'
import { proxyNames, proxyPeers, startProxies } from './proxies.ts'

// A fake gateway passes the client's challenge on to the real one. The client compares the signed origin with the one that it dialled, so
// all depends on what the real one is willing to sign. (The client's half is in A87-relay-for-the-client.)

const nonce = 'nonce-nonce-nonce-nonce-nonce-nonce-1234'

needsPeer('netns', 'a challenge for a foreign origin', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip })
  })
  const names = ['local', 'lan', 'proxy'] as const

  const challenge = (door: Door, body: unknown, lines: readonly string[] = [], host?: string) =>
    door.ask('POST /xopc/api/gateway-identity/challenge', ['Content-Type: application/json', ...lines], {
      body: JSON.stringify(body),
      ...(host === undefined ? {} : { host }),
    })

  const foreign = (host: string): [origin: string, host: string][] => [
    ['https://fake.example', 'fake.example'],
    ['https://fake.example', host],
    [`https://${PUBLIC_HOST}.fake.example`, `${PUBLIC_HOST}.fake.example`],
    [`https://${PUBLIC_HOST}:8443`, PUBLIC_HOST],
    [`https://${PUBLIC_HOST}:8443`, `${PUBLIC_HOST}:8443`],
    [`http://${PUBLIC_HOST}`, PUBLIC_HOST],
    [`https://${PUBLIC_HOST}`, host === PUBLIC_HOST ? 'fake.example' : host],
    ['http://192.0.2.77:18790', '192.0.2.77:18790'],
  ]

  it.each(names)('is not signed on %s', async (name) => {
    const door = house.doors[name]
    for (const [origin, host] of foreign(door.host)) {
      const answer = await challenge(door, { nonce, origin }, [], host)
      expect(answer, `${origin} as ${host}`).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
      expect(answer.body).not.toContain('signature')
    }
  })

  it.each(names)('is not signed on %s with the owner’s token, nor with headers that claim another host', async (name) => {
    const door = house.doors[name]
    const origin = 'https://fake.example'
    expect((await challenge(door, { nonce, origin }, [house.bearer], 'fake.example')).status).toBe(421)
    const claimed = await challenge(door, { nonce, origin }, ['X-Forwarded-Host: fake.example', 'Forwarded: host=fake.example'])
    expect(claimed.body).not.toContain('signature')
  })

  it('is signed through the door by which somebody signed in there, and through no other', async () => {
    // A name that the gateway learns by a session leads to it by one way. By another a squatter on that name could ask.
    const own = await openHouse({ ip })
    const host = 'console.example'
    const ask = (name: 'local' | 'lan' | 'proxy') => challenge(own.doors[name], { nonce, origin: `https://${host}` }, [], host)
    for (const name of names) expect(await ask(name)).toMatchObject({ status: 421 })
    await signIn(own, own.doors.local, `https://${host}`)
    expect(await ask('local')).toMatchObject({ status: 200 })
    for (const name of ['lan', 'proxy'] as const) expect(await ask(name), name).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
  })

  it.each([
    `https://${PUBLIC_HOST}/`,
    `https://${PUBLIC_HOST.toUpperCase()}`,
    `https://${PUBLIC_HOST}:443`,
    `https://user@${PUBLIC_HOST}`,
    `https://${PUBLIC_HOST}/path`,
    `https://${PUBLIC_HOST}?q`,
    `HTTPS://${PUBLIC_HOST}`,
    ` https://${PUBLIC_HOST}`,
    'null',
    '',
    'file://',
  ])('an origin that is not written as an origin (%j) is a bad request', async (origin) => {
    const answer = await challenge(house.doors.proxy, { nonce, origin })
    expect(answer.status, answer.body).toBe(400)
    expect(answer.body).not.toContain('signature')
  })

  it.each(['short', 'n'.repeat(65), 'white space white space white space!', '', 7])('a nonce like %j is a bad request', async (bad) => {
    expect((await challenge(house.doors.local, { nonce: bad })).status).toBe(400)
  })

  it('what is signed holds the origin, and nothing of it can be exchanged', async () => {
    const answer = await challenge(house.doors.proxy, { nonce, origin: `https://${PUBLIC_HOST}` })
    // `as`: the shape that the contract gives; the signature below proves it.
    const { payload, signature } = JSON.parse(answer.body) as ChallengeReply
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: payload.publicKey }, format: 'jwk' })
    const holds = (changed: Partial<ChallengeReply['payload']>) =>
      verify(null, Buffer.from(challengeMessage({ origin: undefined, ...payload, ...changed })), key, Buffer.from(signature, 'base64url'))
    expect(payload).toMatchObject({ purpose: 'gateway-route-v1', nonce, origin: `https://${PUBLIC_HOST}` })
    expect(payload.expiresAt).toBeGreaterThan(Date.now())
    expect(payload.expiresAt).toBeLessThanOrEqual(Date.now() + 30_000)
    expect(holds({})).toBe(true)
    expect(holds({ origin: 'https://fake.example' })).toBe(false)
    expect(holds({ nonce: 'x'.repeat(40) })).toBe(false)
    expect(holds({ expiresAt: payload.expiresAt + 1 })).toBe(false)
    expect(holds({ gatewayId: 'another' })).toBe(false)
  })
})

needsPeer(proxyPeers, 'a challenge that a fake gateway passes on through a real proxy', (...programs) => {
  let house: House
  let doors: Record<string, Door>
  beforeAll(async () => {
    house = await openHouse({ bare: true, gateway: { publicUrl: `https://${PUBLIC_HOST}` } })
    doors = await startProxies(programs, house.gateway.port)
  })

  const challenge = (door: Door, origin: string, host: string, lines: readonly string[] = []) =>
    door.ask('POST /xopc/api/gateway-identity/challenge', ['Content-Type: application/json', ...lines], {
      host,
      body: JSON.stringify({ nonce, origin }),
    })

  it.each(proxyNames)('%s: is not signed for another origin than the gateway’s', async (name) => {
    const door = doors[name]!
    for (const [origin, host] of [
      ['https://fake.example', 'fake.example'],
      ['https://fake.example', PUBLIC_HOST],
      [`https://${PUBLIC_HOST}`, 'fake.example'],
      [`https://${PUBLIC_HOST}:8443`, `${PUBLIC_HOST}:8443`],
      [`http://${PUBLIC_HOST}`, PUBLIC_HOST],
    ] as const) {
      for (const lines of [[], [house.bearer], [`X-Forwarded-Host: ${new URL(origin).host}`, `Forwarded: host=${host}`]]) {
        const answer = await challenge(door, origin, host, lines)
        expect(answer, `${origin} as ${host}`).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
        expect(answer.body).not.toContain('signature')
      }
    }
  })

  it.each(proxyNames)('%s: is signed for the gateway’s own', async (name) => {
    expect(await challenge(doors[name]!, `https://${PUBLIC_HOST}`, PUBLIC_HOST)).toMatchObject({ status: 200 })
  })
})

needsPeer('own-hosts', 'the nonce of a running test', () => {
  it('is signed for the address that is tested, while it is, and for no other', async () => {
    const gateway = await startGateway({ hosts: { 'tested.local': '127.0.0.1' } })
    const door = doorTo({ host: '127.0.0.1', port: gateway.port }, `127.0.0.1:${gateway.port}`)
    const challenge = async (given: { nonce: string; origin: string }, host: string, lines: readonly string[] = []) => {
      const asked = ['Content-Type: application/json', ...lines]
      const answer = await door.ask('POST /xopc/api/gateway-identity/challenge', asked, { host, body: JSON.stringify(given) })
      return `${answer.status} ${answer.code}`
    }
    const tries = async (heard: { nonce: string; origin: string }) => {
      const own = new URL(heard.origin).host
      const local = { nonce: heard.nonce, origin: `http://${door.host}` }
      return {
        itself: await challenge(heard, own),
        'another origin': await challenge({ ...heard, origin: 'https://bank.example' }, 'bank.example'),
        'another origin by this name': await challenge({ ...heard, origin: 'https://bank.example' }, own),
        'this origin by another name': await challenge(heard, 'bank.example'),
        'this origin over https': await challenge({ ...heard, origin: `https://${own}` }, own),
        'a loopback name through a proxy': await challenge(local, door.host, ['Via: 1.1 relay']),
        'another nonce': await challenge({ ...heard, nonce: 'm'.repeat(43) }, own),
      }
    }
    // Somebody between hears the nonce, and tries it before the test has an answer.
    const heard: { nonce: string; origin: string }[] = []
    const tried: Awaited<ReturnType<typeof tries>>[] = []
    const relay = await onRequests({ name: 'tested.local' }, () => (req, res) => {
      let text = ''
      req.setEncoding('utf8').on('data', (more: string) => (text += more))
      const answer = async () => {
        const host = new URL(relay.url).host
        const whole = await door.ask(`${req.method} ${req.url}`, ['Content-Type: application/json'], {
          host,
          ...(text === '' ? {} : { body: text }),
        })
        if (text !== '') {
          // `as`: what the staged test sends as a challenge.
          heard.push(JSON.parse(text) as { nonce: string; origin: string })
          for (const each of heard) tried.push(await tries(each))
        }
        res.writeHead(whole.status, { 'content-type': 'application/json' }).end(whole.body)
      }
      req.once('end', () => void answer().catch(() => res.destroy()))
    })
    const verdict = await verdictOf(gateway, relay.url)
    expect(verdict.stages.find(({ stage }) => stage === 'identity')).toMatchObject({ status: 'pass' })
    const refused = '421 NOT_MY_ORIGIN'
    const never = Object.fromEntries(Object.keys(tried[0] ?? {}).map((what) => [what, refused]))
    expect(tried).toEqual([{ ...never, itself: '200 null' }])
    expect(await tries(heard[0] ?? { nonce, origin: relay.url })).toEqual(never)
  })
})
