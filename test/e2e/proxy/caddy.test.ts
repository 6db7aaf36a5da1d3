import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, createTestCa, type TestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startCaddy } from '../../support/proxy-programs.ts'
import { run } from '../../support/run.ts'
import { verdictOf } from '../../support/verdict.ts'
import { expectFault, expectWorks, type Fault, NAME } from './house.ts'

// One Caddy of each version, one site per mistake that people make in it.

/** What stands in the site; GATEWAY, CLOSED and HASH are filled in. A function is told the version. */
type Site = string | ((version: Version) => string)
type Version = '2.6' | '2.11'

const passing = (line: string) => `reverse_proxy 127.0.0.1:GATEWAY {\n${line}\n}`

const mistakes: Record<string, [Site, Fault]> = {
  'replies that are kept in a buffer': [
    (version) => passing(version === '2.6' ? 'buffer_responses' : 'response_buffers 64KiB'),
    { stage: 'sse', code: 'SSE_BUFFERED', by: 'Caddy', says: 'Caddy', write: /buffer_responses|response_buffers/ },
  ],
  'Authorization taken out': [
    passing('header_up -Authorization'),
    { stage: 'auth', code: 'AUTHORIZATION_STRIPPED', by: 'Caddy', write: 'header_up -Authorization' },
  ],
  'another Host': [
    passing('header_up Host {upstream_hostport}'),
    { stage: 'identity', code: 'HOST_REWRITTEN', by: 'Caddy', says: /127\.0\.0\.1:\d+/, write: 'header_up Host {hostport}' },
  ],
  'Upgrade taken out': [
    'request_header -Upgrade\nreverse_proxy 127.0.0.1:GATEWAY',
    { stage: 'websocket', code: 'WEBSOCKET_BLOCKED', by: 'Caddy', write: 'Upgrade' },
  ],
  'a password of its own': [
    (version) => `${version === '2.6' ? 'basicauth' : 'basic_auth'} {\nanna HASH\n}\nreverse_proxy 127.0.0.1:GATEWAY`,
    { stage: 'http', code: 'AUTH_BLOCKED', by: 'Caddy', says: 'basic authentication', write: 'basic_auth' },
  ],
  'the wrong port of the gateway': [
    'reverse_proxy 127.0.0.1:CLOSED',
    {
      stage: 'http',
      code: 'HTTP_ERROR',
      by: 'Caddy',
      says: 'does not reach the gateway (502)',
      write: `xopc proxy template caddy --domain ${NAME}`,
    },
  ],
  'a plain page': [
    'respond "hello"',
    { stage: 'http', code: 'NOT_XOPC_GATEWAY', by: 'Caddy', write: `xopc proxy template caddy --domain ${NAME}` },
  ],
  'only the API passed on': [
    'reverse_proxy /api/* 127.0.0.1:GATEWAY',
    { stage: 'http', code: 'NOT_XOPC_GATEWAY', by: 'Caddy', says: '/health', write: `xopc proxy template caddy --domain ${NAME}` },
  ],
  'a redirect to a login elsewhere': [
    'redir https://login.other.test{uri}',
    { stage: 'http', code: 'AUTH_BLOCKED', by: 'Caddy', says: 'https://login.other.test' },
  ],
  'a stream that is cut while nothing is sent': [
    passing('transport http {\nread_timeout 2s\n}'),
    { stage: 'sse', code: 'TIMEOUT', by: 'Caddy', write: 'read_timeout' },
  ],
}

needsPeer(['own-hosts', 'caddy', 'caddy-2.11'], 'a mistake in the configuration of Caddy', (_, caddy, caddyNew) => {
  let ca: TestCa
  let certificate: Certificate
  let gateway: RunningGateway
  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf([NAME])
    gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env })
  })

  describe.each<[Version, string]>([
    ['2.6', caddy],
    ['2.11', caddyNew],
  ])('Caddy %s', (version, program) => {
    const ports = new Map<string, number>()
    const urlOf = (title: string) => `https://${NAME}:${ports.get(title)}`
    const all: Record<string, Site> = {
      ...Object.fromEntries(Object.entries(mistakes).map(([title, [site]]) => [title, site])),
      'the shortest configuration there is': 'reverse_proxy 127.0.0.1:GATEWAY',
    }

    beforeAll(async () => {
      const hashed = await run([program, 'hash-password', '--plaintext', 'some-password'])
      const words = { GATEWAY: gateway.port, CLOSED: await freePort(), HASH: hashed.stdout.trim() }
      const sites = Object.entries(all).map(async ([title, site]) => {
        const port = await freePort()
        ports.set(title, port)
        const tls = `tls ${certificate.certFile} ${certificate.keyFile}`
        return `https://${NAME}:${port} {\n${tls}\n${typeof site === 'string' ? site : site(version)}\n}\n`
      })
      const text = (await Promise.all(sites)).join('')
      const config = Object.entries(words).reduce((done, [word, value]) => done.replaceAll(word, String(value)), text)
      await startCaddy(program, { config, port: ports.get('a plain page') ?? 0 })
    })

    it.concurrent.each(Object.entries(mistakes))('%s', async (title, [, fault]) => {
      const idle = fault.code === 'TIMEOUT' ? 5 : undefined
      expectFault(await verdictOf(gateway, urlOf(title), idle), fault)
    })

    it('works with the shortest configuration there is', async () => {
      expectWorks(await verdictOf(gateway, urlOf('the shortest configuration there is')))
      expect(ports.size).toBe(Object.keys(all).length)
    })
  })
})
