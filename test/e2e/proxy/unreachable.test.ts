import { beforeAll, expect, it } from 'vitest'
import { type Certificate, createTestCa, type TestCa } from '../../support/certs.ts'
import { type DnsServer, startDns } from '../../support/dns.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { badRedirects, onRequests, startRedirects, startSilent, startTrickle } from '../../support/misbehaving.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startNginx } from '../../support/proxy-programs.ts'
import { startRecorder } from '../../support/replay.ts'
import { verdictOf } from '../../support/verdict.ts'
import { expectFault, expectWorks, type Fault, NAME, nginxSite, stageOf } from './house.ts'

// What stands between a name and an answer: the DNS, the port, and peers that no real program gives.

needsPeer(['own-hosts', 'nginx'], 'an address that does not lead to an answer', (_, nginx) => {
  let ca: TestCa
  let certificate: Certificate
  let dns: DnsServer
  let gateway: RunningGateway
  let port: number
  const secure = () => ({ certificate, name: NAME })

  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf([NAME, '*.names.test'])
    dns = await startDns({
      [NAME]: ['127.0.0.1'],
      'servfail.names.test': 'SERVFAIL',
      'slow.names.test': 'silence',
      'empty.names.test': [],
      'six.names.test': ['::1'],
      'both.names.test': ['127.0.0.1', '::1'],
      'half.names.test': ['127.0.0.1', '127.0.0.77'],
      'first.names.test': ['127.0.0.77', '127.0.0.1'],
    })
    gateway = await startGateway({ dns: dns.address, env: ca.env })
    port = await freePort()
    // IPv4 on this port, both families on the next one.
    const site = nginxSite({ port, certificate, to: gateway.port })
    sixPort = await freePort()
    const both = nginxSite({ port: sixPort, certificate, to: gateway.port, server: `listen [::]:${sixPort} ssl;` })
    const names = 'server_name gateway.test *.names.test;'
    const config = (site + both).replaceAll(`server_name ${NAME};`, names)
    await startNginx(nginx, { config, port })
  })
  let sixPort: number

  const names: Record<string, [url: () => string, fault: Fault]> = {
    'a name that nobody has': [
      () => `https://nobody.names.test:${port}`,
      { stage: 'dns', code: 'DNS_OR_CONN_REFUSED', by: null, says: 'has no address', write: 'nobody.names.test.  300  IN  A' },
    ],
    'a name without an address': [
      () => `https://empty.names.test:${port}`,
      { stage: 'dns', code: 'DNS_OR_CONN_REFUSED', by: null, says: 'has no address', write: 'empty.names.test.  300  IN  A' },
    ],
    'a name server that fails': [
      () => `https://servfail.names.test:${port}`,
      { stage: 'dns', code: 'DNS_OR_CONN_REFUSED', by: null, says: 'could not be looked up', write: 'getent hosts servfail.names.test' },
    ],
    'a name server that does not answer': [
      () => `https://slow.names.test:${port}`,
      { stage: 'dns', code: 'TIMEOUT', by: null, says: 'took too long', write: 'getent hosts slow.names.test' },
    ],
    'nothing that listens': [
      () => `https://${NAME}:${closed}`,
      { stage: 'tcp', code: 'DNS_OR_CONN_REFUSED', by: null, says: /^Nothing listens at 127\.0\.0\.1 on port/, write: 'ss -ltnp' },
    ],
    'nothing that listens on IPv6, and no other address': [
      () => `https://six.names.test:${port}`,
      { stage: 'tcp', code: 'DNS_OR_CONN_REFUSED', by: null, says: /^Nothing listens at ::1 on port/, write: 'ss -ltnp' },
    ],
  }
  let closed = 0
  beforeAll(async () => {
    closed = await freePort()
  })

  // Side by side: the slow ones wait, and do nothing else.
  it.concurrent.each(Object.entries(names))('%s', async (__, [url, fault]) => {
    expectFault(await verdictOf(gateway, url()), fault)
  })

  const peers: Record<string, [start: () => Promise<{ url: string }>, fault: Fault]> = {
    'one that accepts and says nothing': [
      () => startSilent({ name: NAME }).then(({ url }) => ({ url: url.replace('http:', 'https:') })),
      { stage: 'tls', code: 'TIMEOUT', by: null, says: 'then says nothing', write: 'Restart' },
    ],
    'one that shakes hands and says nothing': [
      () => startSilent(secure()),
      { stage: 'http', code: 'TIMEOUT', by: null, says: '/health is not answered in time', write: 'xopc gateway status' },
    ],
    'one that says a byte a second': [
      () => startTrickle('head', secure()),
      { stage: 'http', code: 'TIMEOUT', by: null, says: '/health is not answered in time', write: 'xopc gateway status' },
    ],
    'one whose answer comes a byte a second': [
      () => startTrickle('body', secure()),
      { stage: 'http', code: 'TIMEOUT', by: null, says: '/health is not answered in time', write: 'xopc gateway status' },
    ],
    'one that hangs up': [
      () => onRequests(secure(), () => (req) => void req.socket.destroy()),
      { stage: 'http', code: 'NETWORK_ERROR', by: null, says: 'broke off', write: 'log of the proxy' },
    ],
    'one that leads to a login': [
      () => startRedirects(badRedirects.login, secure()),
      { stage: 'http', code: 'AUTH_BLOCKED', by: null, says: 'https://login.other.test' },
    ],
    'one that leads in a circle': [
      () => startRedirects(badRedirects.loop, secure()),
      { stage: 'http', code: 'HTTP_ERROR', by: null, says: 'again and again', write: 'without a redirect' },
    ],
    'one that leads on without an end': [
      () => startRedirects(badRedirects['an endless chain'], secure()),
      { stage: 'http', code: 'HTTP_ERROR', by: null, says: 'again and again', write: 'without a redirect' },
    ],
    'one that leads to the metadata of a cloud': [
      () => startRedirects(badRedirects['metadata service'], secure()),
      { stage: 'http', code: 'AUTH_BLOCKED', by: null, says: 'http://169.254.169.254' },
    ],
  }

  it.concurrent.each(Object.entries(peers))('%s', async (__, [start, fault]) => {
    expectFault(await verdictOf(gateway, (await start()).url), fault)
  })

  it('one that repeats what the gateway said before fails at identity', async () => {
    const recorder = await startRecorder(gateway.url, secure())
    expect(stageOf(await verdictOf(gateway, recorder.url), 'identity').status).toBe('pass')
    recorder.replay()
    const fault = { stage: 'identity', code: 'WRONG_GATEWAY', by: null, says: 'recorded' } as const
    expectFault(await verdictOf(gateway, recorder.url), fault)
  })

  it('works over IPv6 alone', async () => {
    const verdict = await verdictOf(gateway, `https://six.names.test:${sixPort}`)
    expectWorks(verdict)
    expect(stageOf(verdict, 'tcp').detail).toContain('::1')
  })

  it('works where both families answer', async () => {
    expectWorks(await verdictOf(gateway, `https://both.names.test:${sixPort}`))
  })

  it.each([
    ['IPv6', 'both.names.test', '::1'],
    ['the second', 'half.names.test', '127.0.0.77'],
    ['the first', 'first.names.test', '127.0.0.77'],
  ])('works with a warning where %s of two addresses is dead', async (__, name, dead) => {
    const verdict = await verdictOf(gateway, `https://${name}:${port}`)
    expectWorks(verdict, [['tcp', 'DNS_OR_CONN_REFUSED']])
    expect(stageOf(verdict, 'tcp').detail).toContain(`nothing listens at ${dead} on port ${port}`)
    expect(stageOf(verdict, 'tcp').fix?.snippet).toContain(`listen [::]:${port} ssl;`)
  })
})
