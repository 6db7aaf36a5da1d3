import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { doorTo, type Door, type DoorName, type House, openHouse, PROXY_SECRET as SECRET, proxied as ofProxy } from './doors.ts'
import { proxyPeers, startCaddy, startNginx } from './proxies.ts'

// A proxy that signs people in writes who they are into headers. A program on the same computer comes from the same address and can write
// the same headers, so the address alone is no proof: the proxy has a secret, or a socket that nobody else may open.

const proof = `X-Xopc-Proxy-Secret: ${SECRET}`
const headers = ['X-Forwarded-User: root', 'X-Forwarded-Email: root@example.com']
const proxied = {
  ...ofProxy,
  auth: { mode: 'trusted-proxy', trustedProxy: { requiredHeaders: ['X-Forwarded-Email'], sharedSecret: SECRET } },
}

/** What somebody without the secret can write. */
const forgeries: [what: string, lines: string[]][] = [
  ['both headers', headers],
  ['both headers and a guess', [...headers, 'X-Xopc-Proxy-Secret: a-guess-of-some-length']],
  ['both headers and nothing for a secret', [...headers, 'X-Xopc-Proxy-Secret:']],
  ['both headers and half of the secret', [...headers, `X-Xopc-Proxy-Secret: ${SECRET.slice(0, 24)}`]],
  ['both headers and the secret in capitals', [...headers, `X-Xopc-Proxy-Secret: ${SECRET.toUpperCase()}`]],
  ['the secret in other headers', [...headers, `Authorization: Bearer ${SECRET}`, `X-Xopc-Token: ${SECRET}`]],
  ['the secret in a spelling that CGI takes for the same', [...headers, `X_Xopc_Proxy_Secret: ${SECRET}`]],
  ['the secret twice', [...headers, proof, proof]],
  ['the secret in the address', headers],
]
const path = (what: string, to: string) => (what.endsWith('address') ? `${to}?X-Xopc-Proxy-Secret=${SECRET}` : to)

needsPeer('netns', 'identity headers, forged by who comes from a trusted address', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip, app: true, gateway: { ...proxied, auth: { ...proxied.auth, rateLimit: { maxAttempts: 1000 } } } })
  })

  describe.each(['local', 'lan', 'proxy'] satisfies DoorName[])('%s', (name) => {
    it('the right secret lets the user in, so what follows is tried at an open door', async () => {
      const { headers: seen } = await house.seenByApp(house.doors[name], [...headers, proof], { bearer: 'X-Nothing: here' })
      expect(seen['x-xopc-user']).toBe('sso:root')
      expect(Object.keys(seen).filter((header) => /forwarded-(user|email)|secret/.test(header))).toEqual([])
    })

    it.each(forgeries)('%s: nobody is let in', async (what, lines) => {
      const door = house.doors[name]
      for (const to of ['/xopc/api/status', '/xopc/api/overview', '/headers']) {
        expect((await door.ask(`GET ${path(what, to)}`, lines)).status, to).toBe(401)
      }
      expect((await door.shake(path(what, '/ws'), lines)).status).toBe(401)
      expect((await door.shake(path(what, '/xopc/api/probe/ws'), lines)).status).toBe(401)
      const signIn = await door.ask('POST /xopc/api/session', ['Content-Type: application/json', ...lines], { body: '{}' })
      expect([401, 409]).toContain(signIn.status)
      expect(signIn.headers).not.toHaveProperty('set-cookie')
    })
  })
})

it('guesses of the secret are counted, and only the right one of those that xopc makes is still looked at', async () => {
  const { doors } = await openHouse({ bare: true, app: true, gateway: proxied })
  const guess = (secret: string) => doors.local.ask('GET /headers', [...headers, `X-Xopc-Proxy-Secret: ${secret}`])
  const answers = []
  for (let n = 0; n < 7; n++) answers.push(await guess(`guess-number-${n}-xxxxxxxx`))
  expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual([
    ...Array(5).fill('401 invalid_proxy_credentials'),
    ...Array(2).fill('429 auth_blocked'),
  ])
  expect((await guess(SECRET)).status).toBe(200)
})

it('without a secret it is open to every program here, and says so wherever one would look', async () => {
  const { gateway, doors } = await openHouse({
    bare: true,
    app: true,
    gateway: { trustedProxies: ['127.0.0.1'], auth: { mode: 'trusted-proxy' } },
  })
  expect((await doors.local.ask('GET /headers', headers)).body).toContain('sso:root')
  const claim = 'can claim to be any user'
  const validated = await gateway.xopc(['config', 'validate'])
  expect([validated.code, `${validated.stdout}${validated.stderr}`]).toEqual([0, expect.stringContaining(claim)])
  const { conflicts } = JSON.parse((await gateway.xopc(['status', '--json'])).stdout) as {
    conflicts: { code: string; fix: { command: string } }[]
  }
  expect(conflicts).toMatchObject([{ code: 'TRUSTED_PROXY_UNPROVEN', fix: { command: expect.stringContaining('--stdin') } }])
  expect(await gateway.log()).toContain(claim)
  expect(gateway.output()).toContain(claim)
})

it('a socket needs no secret: who may open it was let in by its owner', async () => {
  const { gateway, doors } = await openHouse({ app: true, gateway: { auth: { mode: 'trusted-proxy' } } })
  expect((await doors.proxy.ask('GET /headers', headers)).body).toContain('sso:root')
  expect(await doors.local.ask('GET /headers', headers)).toMatchObject({ status: 401, code: 'missing_token' })
  const { conflicts } = JSON.parse((await gateway.xopc(['status', '--json'])).stdout) as { conflicts: unknown[] }
  expect([conflicts, await gateway.log()]).toEqual([[], expect.not.stringContaining('can claim')])
})

needsPeer(proxyPeers, 'identity headers, sent through the proxy that writes them', (nginx, caddy, caddyNew) => {
  const ways: Record<string, Door> = {}
  let direct: Door
  beforeAll(async () => {
    const house = await openHouse({ bare: true, app: true, gateway: proxied })
    const { port } = house.gateway
    direct = doorTo({ host: '127.0.0.1', port }, house.doors.local.host)
    const written = { 'X-Forwarded-User': 'anna', 'X-Forwarded-Email': 'anna@example.com', 'X-Xopc-Proxy-Secret': SECRET }
    const lines = (one: (name: string, value: string) => string) => Object.entries(written).map(([name, value]) => one(name, value))
    ways['nginx'] = await startNginx(
      nginx,
      port,
      lines((name, value) => `proxy_set_header ${name} "${value}";`),
    )
    const caddyLines = [...lines((name, value) => `header_up ${name} "${value}"`), 'header_up Host {upstream_hostport}']
    ways['Caddy 2.6'] = await startCaddy(caddy, port, caddyLines)
    ways['Caddy 2.11'] = await startCaddy(caddyNew, port, caddyLines)
  })

  it.each(['nginx', 'Caddy 2.6', 'Caddy 2.11'])('%s: who it names comes in, whatever the visitor writes', async (name) => {
    const forged = [
      [],
      headers,
      [...headers, 'X-Xopc-Proxy-Secret: a-guess-of-some-length'],
      [...headers, ...headers],
      ['X_Forwarded_User: root', 'x-forwarded_user: root'],
      ['Connection: close, X-Forwarded-User, X-Xopc-Proxy-Secret', ...headers],
    ]
    for (const lines of forged) {
      const { status, body } = await ways[name]!.ask('GET /headers', lines)
      // `as`: what the fixture app answers there.
      const seen =
        status === 200 ? (JSON.parse(body) as { headers: string[][] }).headers.filter(([header]) => /user|secret/i.test(header ?? '')) : []
      expect([status, seen], lines.join()).toEqual([200, [['X-Xopc-User', 'sso:anna']]])
    }
    expect(await direct.ask('GET /headers', headers)).toMatchObject({ status: 401, code: 'invalid_proxy_credentials' })
  })
})
