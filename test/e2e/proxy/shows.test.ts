import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { type AcmeServer, startAcme } from '../../support/acme.ts'
import { type Certificate, createTestCa } from '../../support/certs.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { type LoggedRequest, type ProxyProgram, startCaddy, startNginx } from '../../support/proxy-programs.ts'
import { startUpstream } from '../../support/upstream.ts'
import { verdictOf } from '../../support/verdict.ts'
import { expectFault, expectWorks, NAME, nginxSite, stageOf, testedBy } from './house.ts'

// A person’s own proxy with our own template, from the template to a verdict.

/** Milliseconds that a healthy way may take (contract 6). */
const HEALTHY_MS = 3000

async function templateOf(gateway: RunningGateway, program: 'caddy' | 'nginx'): Promise<string> {
  const ran = await gateway.xopc(['proxy', 'template', program, '--domain', NAME])
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
  return ran.stdout
}

/** The template for nginx with ports and a certificate of the test’s own. */
function onPorts(template: string, ports: { secure: number; plain: number }, { certFile, keyFile }: Certificate): string {
  return template
    .replaceAll(/\b443\b/g, String(ports.secure))
    .replaceAll(/\b80\b/g, String(ports.plain))
    .replace(/\S+fullchain\.pem/, certFile)
    .replace(/\S+privkey\.pem/, keyFile)
}

/** A request of the test, as the proxy must have seen it. */
type Sight = Partial<LoggedRequest> & { path: string }

const ticket = { authorized: true }
const sights: Record<string, Sight> = {
  'http: health': { method: 'GET', path: '/health', status: 200, authorized: false },
  'http: ping': { method: 'GET', path: '/api/tunnel/pair/ping', status: 200, authorized: false },
  identity: { method: 'POST', path: '/api/gateway-identity/challenge', status: 200, authorized: false },
  'auth with a credential': { method: 'GET', path: '/xopc/api/probe/request', status: 200, ...ticket },
  'auth without': { method: 'GET', path: '/xopc/api/probe/request', authorized: false },
  sse: { method: 'GET', path: '/xopc/api/probe/stream', status: 200, ...ticket },
  // Caddy 2.6 logs no status of a connection that was handed over.
  websocket: { method: 'GET', path: '/xopc/api/probe/ws', upgrade: 'websocket', ...ticket },
}

function sees(requests: readonly LoggedRequest[], { path, ...rest }: Sight): boolean {
  const same = (one: LoggedRequest) => Object.entries(rest).every(([key, value]) => one[key as keyof LoggedRequest] === value)
  return requests.some((one) => same(one) && one.path.split('?')[0] === path)
}

/** Every stage really went through the proxy, by the same name, and said who it was. */
async function expectSeen(proxy: ProxyProgram, authority: string): Promise<void> {
  await expect
    .poll(async () => {
      const requests = await proxy.requests()
      return Object.keys(sights).filter((name) => !sees(requests, sights[name] ?? { path: '' }))
    })
    .toEqual([])
  const ours = (await proxy.requests()).filter(({ agent }) => !agent.includes('Pebble'))
  for (const { agent, host, path } of ours) {
    expect({ agent, host }, path).toEqual({ agent: 'xopc-probe', host: authority })
    expect(path).not.toMatch(/ticket|token/)
  }
  // auth asks with a credential once, and headers asks besides.
  expect(ours.filter(({ path, authorized }) => path === '/xopc/api/probe/request' && authorized).length).toBeGreaterThan(1)
}

/** All nine stages passed, with every number in `--json`. */
async function expectHealthy(gateway: RunningGateway, url: string): Promise<void> {
  const { verdict, code } = await testedBy(gateway, [url])
  expectWorks(verdict)
  expect(code).toBe(0)
  expect(verdict.stages.map(({ status }) => status)).toEqual(Array(9).fill('pass'))
  expect(verdict.ms).toBeLessThan(HEALTHY_MS)
  expect(verdict.latencyMs).toBeGreaterThan(0)
  expect(verdict).toMatchObject({ url, vantage: 'self', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown })
  expect(stageOf(verdict, 'dns').facts).toMatchObject({ addresses: ['127.0.0.1'] })
  for (const { stage, facts } of verdict.stages) expect(Object.keys(facts ?? {}), stage).not.toEqual([])
}

needsPeer(
  ['own-hosts', 'pebble', 'pebble-challtestsrv', 'caddy', 'caddy-2.11'],
  'our template for Caddy, with a certificate by ACME',
  (_, pebble, challtestsrv, caddy, caddyNew) => {
    let acme: AcmeServer
    let gateway: RunningGateway
    beforeAll(async () => {
      acme = await startAcme(pebble, challtestsrv)
      const upstream = await startUpstream()
      gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: acme.env, args: ['--upstream', upstream.url] })
    })

    it.each([
      ['2.11', caddyNew],
      ['2.6', caddy],
    ])('Caddy %s passes every stage, and saw every one of them', async (__, program) => {
      const config = `{\n${acme.caddyGlobals}}\n${await templateOf(gateway, 'caddy')}`
      const proxy = await startCaddy(program, { config, port: acme.httpsPort })
      await acme.issued(NAME)
      const authority = `${NAME}:${acme.httpsPort}`
      await expectHealthy(gateway, `https://${authority}`)
      await expectSeen(proxy, authority)
      await proxy.stop()
    })
  },
)

needsPeer(['own-hosts', 'nginx'], 'our template for nginx', (_, nginx) => {
  let gateway: RunningGateway
  let proxy: ProxyProgram
  let port: number
  let plain: number
  let other: number
  let url: string

  beforeAll(async () => {
    const ca = await createTestCa()
    const certificate = await ca.leaf([NAME])
    const upstream = await startUpstream()
    gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env, args: ['--upstream', upstream.url] })
    port = await freePort()
    plain = await freePort()
    other = await freePort()
    url = `https://${NAME}:${port}`
    const template = onPorts(await templateOf(gateway, 'nginx'), { secure: port, plain }, certificate)
    const cutting = nginxSite({
      port: other,
      certificate,
      to: gateway.port,
      with: { more: 'proxy_read_timeout 3s;' },
    })
    proxy = await startNginx(nginx, { config: template + cutting, port })
  })

  it('passes every stage, and saw every one of them', async () => {
    await expectHealthy(gateway, url)
    await expectSeen(proxy, `${NAME}:${port}`)
  })

  it('a stream that is cut while nothing is sent is found with --idle', async () => {
    const address = `https://${NAME}:${other}`
    const [quick, idle] = await Promise.all([testedBy(gateway, [address]), testedBy(gateway, [address, '--idle', '6'])])
    expectWorks(quick.verdict)
    expect(idle.code).toBe(1)
    expectFault(idle.verdict, { stage: 'sse', code: 'TIMEOUT', by: 'nginx', says: /3 s|6 s/, write: 'proxy_read_timeout 3600s;' })
  })

  it('a stream that survives the silence passes with --idle', async () => {
    expectWorks(await verdictOf(gateway, url, 4))
  })
})

needsPeer(
  ['own-hosts', 'nginx', 'caddy', 'caddy-2.11'],
  'our templates for a gateway with a socket for the proxy',
  (_, nginx, caddy, caddyNew) => {
    let gateway: RunningGateway
    let certificate: Certificate
    let ports: { secure: number; plain: number }
    beforeAll(async () => {
      const ca = await createTestCa()
      certificate = await ca.leaf([NAME])
      const proxySocket = join(await tempFolder(), 'proxy.sock')
      gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env, config: { gateway: { proxySocket } } })
      ports = { secure: await freePort(), plain: await freePort() }
    })

    /** Each stage passed, by the door of the proxy, which is believed without being listed. */
    async function expectByTheSocket(proxy: ProxyProgram): Promise<void> {
      const verdict = await verdictOf(gateway, `https://${NAME}:${ports.secure}`)
      expectWorks(verdict)
      expect(stageOf(verdict, 'headers').facts).toMatchObject({ ingress: 'proxy', trustedPeer: true, proto: 'https' })
      await proxy.stop()
    }

    it('nginx passes every stage by the socket', async () => {
      const config = onPorts(await templateOf(gateway, 'nginx'), ports, certificate)
      await expectByTheSocket(await startNginx(nginx, { config, port: ports.secure }))
    })

    it.each([
      ['2.6', caddy],
      ['2.11', caddyNew],
    ])('Caddy %s passes every stage by the socket', async (__, program) => {
      const template = await templateOf(gateway, 'caddy')
      const site = `https://${NAME}:${ports.secure} {\n\ttls ${certificate.certFile} ${certificate.keyFile}`
      const config = template.replace(`\n${NAME} {`, `\n${site}`)
      expect(config).toContain(site)
      await expectByTheSocket(await startCaddy(program, { config, port: ports.secure }))
    })
  },
)
