import { beforeAll, expect, it } from 'vitest'
import { type Certificate, certificateCases, createTestCa, expired, notYetValid, selfSigned, type TestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { onRequests } from '../../support/misbehaving.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startCaddy, startNginx } from '../../support/proxy-programs.ts'
import { verdictOf } from '../../support/verdict.ts'
import { expectFault, type Fault, NAME, nginxSite, stageOf } from './house.ts'

// What devices refuse, told apart: each case has a sentence and a line of its own.

const minute = 60_000
const inTenMinutes = { notBefore: new Date(Date.now() + 10 * minute) }
const day = (date: Date) => date.toISOString().slice(0, 10)
const certbot = `sudo certbot certonly --nginx -d ${NAME}`
const clocks = 'sudo timedatectl set-ntp true'

type Make = (ca: TestCa, stranger: TestCa) => Promise<Certificate>

const cases: Record<string, [Make, Pick<Fault, 'says' | 'write'>]> = {
  'self-signed': [(ca) => certificateCases['self-signed'](ca, NAME), { says: /^The certificate is self-signed/, write: certbot }],
  expired: [
    (ca) => certificateCases.expired(ca, NAME),
    { says: `The certificate expired on ${day(expired.notAfter)}`, write: 'sudo certbot renew' },
  ],
  'not yet valid': [
    (ca) => certificateCases['not yet valid'](ca, NAME),
    { says: `The certificate is not valid before ${day(notYetValid.notBefore)}`, write: clocks },
  ],
  'valid in ten minutes, or a clock that is slow': [
    (ca) => ca.leaf([NAME], inTenMinutes),
    { says: /^The certificate is not valid before .* and this computer says it is /, write: clocks },
  ],
  'for other names': [
    (ca) => certificateCases['wrong name'](ca),
    { says: `The certificate is for other.test, www.other.test, and not for ${NAME}`, write: certbot },
  ],
  'for a wildcard that is one label too high': [
    (ca) => ca.leaf([`*.${NAME}`]),
    { says: `The certificate is for *.${NAME}, and not for ${NAME}`, write: certbot },
  ],
  'without its chain': [
    (ca) => certificateCases['incomplete chain'](ca, NAME),
    { says: /without the rest of the chain: .*“xopc test intermediate”/, write: `fullchain.pem` },
  ],
  'of an unknown authority': [
    (_, stranger) => stranger.leaf([NAME]),
    { says: /an authority that neither this computer nor devices know/, write: 'NODE_EXTRA_CA_CERTS=' },
  ],
  'self-signed, expired and for another name': [
    () => selfSigned(['other.test'], expired),
    { says: /self-signed.*for another name and expired/, write: 'certbot' },
  ],
}

needsPeer(['own-hosts', 'nginx', 'caddy', 'caddy-2.11'], 'a certificate that devices refuse', (_, nginx, caddy, caddyNew) => {
  let gateway: RunningGateway
  let ca: TestCa
  const ports = new Map<string, number>()
  const urlOf = (title: string) => `https://${NAME}:${ports.get(title)}`

  beforeAll(async () => {
    ca = await createTestCa()
    const stranger = await createTestCa()
    gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env })
    const sites = Object.entries(cases).map(async ([title, [make]]) => {
      const port = await freePort()
      ports.set(title, port)
      return nginxSite({ port, certificate: await make(ca, stranger), to: gateway.port })
    })
    await startNginx(nginx, { config: (await Promise.all(sites)).join(''), port: ports.get('self-signed') ?? 0 })
  })

  it.each(Object.entries(cases))('%s', async (title, [, told]) => {
    const verdict = await verdictOf(gateway, urlOf(title))
    expectFault(verdict, { stage: 'tls', code: 'TLS_INVALID', by: 'nginx', ...told })
    // Devices would stop here, and so does the test.
    expect(verdict.stages.slice(3).map(({ status }) => status)).toEqual(Array(6).fill('skip'))
  })

  it('each with a sentence of its own', async () => {
    const verdicts = await Promise.all(Object.keys(cases).map((title) => verdictOf(gateway, urlOf(title))))
    const sentences = verdicts.map((verdict) => stageOf(verdict, 'tls').detail)
    expect(new Set(sentences).size).toBe(sentences.length)
  })

  it('where the two clocks differ, says so', async () => {
    const certificate = await ca.leaf([NAME], inTenMinutes)
    const later = new Date(Date.now() + 60 * minute).toUTCString()
    const server = await onRequests({ certificate, name: NAME }, () => (__, res) => void res.setHeader('Date', later).end())
    const says = /^One of two clocks is wrong/
    expectFault(await verdictOf(gateway, server.url), { stage: 'tls', code: 'TLS_INVALID', by: null, says, write: clocks })
  })

  it('where the port speaks plain http', async () => {
    const server = await onRequests({ name: NAME }, () => (__, res) => void res.end('hello'))
    const url = server.url.replace('http:', 'https:')
    const listen = `listen ${server.port} ssl;`
    expectFault(await verdictOf(gateway, url), { stage: 'tls', code: 'TLS_INVALID', by: null, says: 'speaks no TLS', write: listen })
  })

  it.each([
    ['Caddy 2.6', caddy],
    ['Caddy 2.11', caddyNew],
  ])('%s: names it knows, and a name it has no certificate for', async (__, program) => {
    const port = await freePort()
    const site = `https://${NAME}:${port} {\n tls internal\n respond hello\n}\n`
    const server = await startCaddy(program, { config: `{\n skip_install_trust\n}\n${site}`, port })
    const fault = { stage: 'tls', code: 'TLS_INVALID', by: 'Caddy' } as const
    // It listens before it has made the certificate.
    await expect.poll(async () => stageOf(await verdictOf(gateway, `https://${NAME}:${port}`), 'tls').detail).toMatch('Caddy')
    expectFault(await verdictOf(gateway, `https://${NAME}:${port}`), { ...fault, says: 'Caddy Local Authority', write: 'tls internal' })
    await server.restart(site.replaceAll(NAME, 'elsewhere.test'))
    const says = `no certificate for ${NAME}`
    expectFault(await verdictOf(gateway, `https://${NAME}:${port}`), { ...fault, by: null, says, write: `certificate for https://${NAME}` })
    await server.stop()
  })
})
