import { beforeAll, expect, it } from 'vitest'
import type { StageName, Verdict } from '../../../src/lib/protocol/http-api.ts'
import { type Certificate, certificateCases, createTestCa, type TestCa } from '../../support/certs.ts'
import { type DnsServer, startDns } from '../../support/dns.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { startSilent } from '../../support/misbehaving.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startCaddy, startNginx } from '../../support/proxy-programs.ts'
import { verdictOf } from '../../support/verdict.ts'
import { expectFault, expectWorks, nginxSite, stageOf } from '../proxy/house.ts'
import { piecesIn, rowOfSight } from './rows.ts'

// Rows of docs/guide/troubleshooting.md about a proxy that no line of nginx brings about.

const NAME = 'gateway.example.com'

/** Expects the row's code at this stage, and that what is said there names a piece of what the row says. */
function expectRow(sees: string, stage: StageName, verdict: Verdict): void {
  const row = rowOfSight(sees)
  expectFault(verdict, { stage, code: row.code ?? '', by: stageOf(verdict, stage).culprit?.program ?? null })
  const { fix } = stageOf(verdict, stage)
  // A firewall keeps silent most often, and cannot be had here.
  if (row.code !== 'TIMEOUT') expect(piecesIn(row, fix, new URL(verdict.url).port), JSON.stringify(fix)).not.toEqual([])
}

needsPeer('own-hosts', 'an address that leads nowhere', () => {
  let gateway: RunningGateway
  let dns: DnsServer
  beforeAll(async () => {
    dns = await startDns({})
    gateway = await startGateway({ dns: dns.address })
  })

  it.each<[sees: string, stage: StageName, address: string | null, listens: () => Promise<number>]>([
    ['the name is not found', 'dns', null, freePort],
    ['the name leads to an address where no proxy can be', 'dns', '169.254.169.254', freePort],
    ['nothing listens there', 'tcp', '127.0.0.1', freePort],
    ['the test waits, and gives up', 'tls', '127.0.0.1', async () => (await startSilent()).port],
  ])('%s', async (sees, stage, address, listens) => {
    dns.know(address === null ? {} : { [NAME]: [address] })
    expectRow(sees, stage, await verdictOf(gateway, `https://${NAME}:${await listens()}`))
  })
})

needsPeer(['own-hosts', 'nginx'], 'a certificate that no device takes', (_, nginx) => {
  let gateway: RunningGateway
  const cases: Record<string, (ca: TestCa, stranger: TestCa) => Promise<Certificate>> = {
    'the certificate is self-signed': (ca) => certificateCases['self-signed'](ca, NAME),
    'the certificate has expired': (ca) => certificateCases.expired(ca, NAME),
    'the certificate is not valid yet': (ca) => certificateCases['not yet valid'](ca, NAME),
    'the certificate is for another name': (ca) => certificateCases['wrong name'](ca),
    'the certificate is of an unknown authority': (_ca, stranger) => stranger.leaf([NAME]),
  }
  const ports = new Map<string, number>()
  beforeAll(async () => {
    const [ca, stranger] = [await createTestCa(), await createTestCa()]
    gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env })
    const sites = Object.entries(cases).map(async ([sees, make]) => {
      const port = await freePort()
      ports.set(sees, port)
      return nginxSite({ port, certificate: await make(ca, stranger), to: gateway.port })
    })
    await startNginx(nginx, { config: (await Promise.all(sites)).join(''), port: [...ports.values()][0] ?? 0 })
  })

  it.each(Object.keys(cases))('%s', async (sees) => {
    expectRow(sees, 'tls', await verdictOf(gateway, `https://${NAME}:${ports.get(sees)}`))
  })
})

/** What is wrong with a Caddy, in words of its own: one line of its `reverse_proxy`, and where the page has it. */
const caddyFaults: Record<string, { sees: string; stage: StageName; line: string | ((program: string) => string) }> = {
  'collects replies': {
    sees: 'event streams come in one heap, through Caddy',
    stage: 'sse',
    line: (program) => (program === 'caddy' ? 'buffer_responses' : 'response_buffers 1MiB'),
  },
  'has another Host': { sees: 'the name arrives as another one', stage: 'identity', line: 'header_up Host {upstream_hostport}' },
  'takes Authorization out': { sees: 'a credential does not arrive', stage: 'auth', line: 'header_up -Authorization' },
}

for (const program of ['caddy', 'caddy-2.11']) {
  needsPeer(['own-hosts', program], `what ${program} does wrong, by the rows of the page`, (_, caddy) => {
    let gateway: RunningGateway
    let certificate: Certificate
    beforeAll(async () => {
      const ca = await createTestCa()
      certificate = await ca.leaf([NAME])
      gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env })
    })
    const siteOf = (port: number, line: string, tls = `tls ${certificate.certFile} ${certificate.keyFile}`) =>
      `{\n skip_install_trust\n}\nhttps://${NAME}:${port} {\n ${tls}\n reverse_proxy 127.0.0.1:${gateway.port} {\n  ${line}\n }\n}\n`

    it.each(Object.entries(caddyFaults))('%s', async (_title, { sees, stage, line }) => {
      const port = await freePort()
      const proxy = await startCaddy(caddy, { config: siteOf(port, typeof line === 'string' ? line : line(program)), port })
      const verdict = await verdictOf(gateway, `https://${NAME}:${port}`)
      const { code, pieces } = rowOfSight(sees)
      expectFault(verdict, { stage, code: code ?? '', by: 'Caddy' })
      // Taken out as the page says, and with what it says to write.
      await proxy.restart(siteOf(port, pieces.find((piece) => piece.startsWith('flush_interval')) ?? ''))
      expectWorks(await verdictOf(gateway, `https://${NAME}:${port}`))
      await proxy.stop()
    })

    it('makes a certificate of its own with tls internal', async () => {
      const port = await freePort()
      const proxy = await startCaddy(caddy, { config: siteOf(port, '', 'tls internal'), port })
      // It listens before it has made the certificate.
      await expect.poll(async () => stageOf(await verdictOf(gateway, `https://${NAME}:${port}`), 'tls').culprit?.program).toBe('Caddy')
      const { code, fix } = stageOf(await verdictOf(gateway, `https://${NAME}:${port}`), 'tls')
      const row = rowOfSight('the certificate is self-signed')
      expect([code, piecesIn(row, fix, String(port))]).toEqual([row.code, ['tls internal']])
      await proxy.stop()
    })
  })
}
