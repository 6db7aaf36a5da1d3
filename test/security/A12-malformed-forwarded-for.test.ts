import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, type Door, openHouse, seenByGateway } from './doors.ts'
import { nginxForwardingHost, proxyPeers, startCaddy, startNginx } from './proxies.ts'

// A list that cannot be read is not guessed at: which element would be the client?

const malformed = [
  '',
  ' ',
  ',',
  ',,',
  '1.1.1.1,',
  ',1.1.1.1',
  '1.1.1.1, , 1.2.3.4',
  'batman',
  'batman, 1.2.3.4',
  '1.2.3.4, batman',
  '1.2.3.0/24',
  '10.0.0.0/8, 1.2.3.4',
  'unknown',
  '_hidden',
  '1.2.3.4:5678',
  '[::1]',
  '"1.2.3.4"',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '0x7f.0.0.1',
  '2130706433',
  '1.2.3.4 5.6.7.8',
  '1.2.3.4; 5.6.7.8',
  ':::1',
  'fe80::1%',
  'localhost',
]
const trustedProxies = ['127.0.0.1']
const token = await openHouse({ app: true, gateway: { trustedProxies } })
const password = await openHouse({ gateway: { auth: authModes.password, trustedProxies } })
const unlisted = await openHouse({ app: true })
const refused = { status: 400, code: 'FORWARDED_INVALID' }

it.each(malformed)('%j from a trusted proxy: 400', async (value) => {
  for (const { doors, bearer } of [token, password]) {
    for (const door of [doors.local, doors.proxy]) {
      for (const lines of [
        [`X-Forwarded-For: ${value}`],
        [`X-Forwarded-For: ${value}`, bearer],
        ['X-Forwarded-For: 1.2.3.4', `x-forwarded-for: ${value}`],
      ]) {
        expect(await door.ask('GET /xopc/api/status', lines)).toMatchObject(refused)
      }
      expect(await door.ask('GET /', [bearer, `X-Forwarded-For: ${value}`])).toMatchObject(refused)
      expect(await door.ask('GET /health', [`X-Forwarded-For: ${value}`])).toMatchObject(refused)
      const signIn = await door.ask('POST /xopc/api/session', ['Content-Type: application/json', `X-Forwarded-For: ${value}`], {
        body: '{"token":"x"}',
      })
      expect(signIn).toMatchObject(refused)
      for (const path of ['/ws', '/xopc/api/probe/ws'])
        expect(await door.shake(path, [bearer, `X-Forwarded-For: ${value}`])).toMatchObject(refused)
    }
  }
})

it.each(malformed)('%j from anybody else: ignored', async (value) => {
  const lines = [`X-Forwarded-For: ${value}`]
  expect(await seenByGateway(unlisted, unlisted.doors.local, lines)).toMatchObject({ client: '127.0.0.1', proxied: true })
  expect((await unlisted.seenByApp(unlisted.doors.local, lines)).headers['x-forwarded-for']).toBe('127.0.0.1')
  expect(await unlisted.doors.control.ask('GET /xopc/api/status', lines)).toMatchObject({ status: 200 })
})

needsPeer(proxyPeers, 'through a real proxy that is trusted', (nginx, caddy, caddyNew) => {
  const appending: Record<string, Door> = {}
  const replacing: Record<string, Door> = {}
  beforeAll(async () => {
    const { port } = token.gateway
    appending['nginx'] = await startNginx(nginx, port, nginxForwardingHost)
    replacing['nginx'] = await startNginx(nginx, port, [
      'proxy_set_header Host $http_host;',
      'proxy_set_header X-Forwarded-For $remote_addr;',
      'proxy_set_header X-Forwarded-Proto $scheme;',
    ])
    for (const [name, program] of [
      ['Caddy 2.6', caddy],
      ['Caddy 2.11', caddyNew],
    ] as const) {
      appending[name] = await startCaddy(program, port, ['trusted_proxies private_ranges'])
      replacing[name] = await startCaddy(program, port)
    }
  })
  const named = { host: token.doors.local.host }

  it.each(malformed)('%j, to which the proxy adds its visitor: 400', async (value) => {
    for (const [name, door] of Object.entries(appending)) {
      // To an empty one Caddy adds nothing, but writes its own.
      if (value.trim() === '' && name !== 'nginx') continue
      for (const lines of [[`X-Forwarded-For: ${value}`], [`X-Forwarded-For: ${value}`, token.bearer]]) {
        expect(await door.ask('GET /xopc/api/status', lines, named), name).toMatchObject(refused)
        expect(await door.ask('GET /', lines, named), name).toMatchObject(refused)
      }
    }
  })

  it.each(malformed)('%j, which the proxy replaces: never arrives', async (value) => {
    for (const [name, door] of Object.entries(replacing)) {
      const seen = await seenByGateway(token, door, [`X-Forwarded-For: ${value}`], named.host)
      expect(seen, name).toMatchObject({ client: '127.0.0.1', proxied: true, forwardedFor: ['127.0.0.1'] })
    }
  })
})
