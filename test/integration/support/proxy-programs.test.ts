import { createServer } from 'node:http'
import { connect } from 'node:tls'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, createTestCa, type TestCa } from '../../support/certs.ts'
import { atEnd } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { answers, freePort } from '../../support/ports.ts'
import { type ProxyProgram, startCaddy, startNginx } from '../../support/proxy-programs.ts'

needsPeer(['nginx', 'caddy', 'caddy-2.11'], 'a real proxy in front of an app', (nginx, caddy, caddyNew) => {
  let ca: TestCa
  let certificate: Certificate
  let app: number
  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf(['gateway.test'])
    app = await startApp()
  })

  const nginxSite = (port: number, more = '') => `
    server {
      listen ${port} ssl http2;
      listen [::]:${port} ssl http2;
      server_name gateway.test;
      ssl_certificate ${certificate.certFile};
      ssl_certificate_key ${certificate.keyFile};
      location / { proxy_pass http://127.0.0.1:${app}; ${more} }
    }`
  const caddySite = (port: number, more = '') => `
    https://gateway.test:${port} {
      tls ${certificate.certFile} ${certificate.keyFile}
      reverse_proxy 127.0.0.1:${app}
      ${more}
    }`
  const programs = {
    nginx: [startNginx, nginx, nginxSite, 'proxy_hide_header X-App;'],
    'Caddy 2.6': [startCaddy, caddy, caddySite, 'header -X-App'],
    'Caddy 2.11': [startCaddy, caddyNew, caddySite, 'header -X-App'],
  } as const

  describe.each(Object.keys(programs) as (keyof typeof programs)[])('%s', (name) => {
    const [begin, program, site, more] = programs[name]
    let proxy: ProxyProgram
    let port: number
    beforeAll(async () => {
      port = await freePort()
      proxy = await begin(program, { config: site(port), port })
    })
    const ask = (path: string, lines: readonly string[] = []) => speak(ca, port, `GET ${path}`, lines)

    it('serves the certificate, and logs what came', async () => {
      expect(await ask('/one?a=1', ['User-Agent: tester', 'Authorization: Bearer secret'])).toMatch(/^HTTP\/1\.1 200 [^]*x-app: yes/i)
      expect(await ask('/two', ['Upgrade: websocket'])).toMatch(/^HTTP\/1\.1 200 /)
      await expect.poll(proxy.requests).toEqual([
        { method: 'GET', path: '/one?a=1', host: 'gateway.test', status: 200, agent: 'tester', authorized: true, upgrade: '' },
        { method: 'GET', path: '/two', host: 'gateway.test', status: 200, agent: '', authorized: false, upgrade: 'websocket' },
      ])
    })

    it('is gone when stopped, and comes back with another configuration', async () => {
      await proxy.stop()
      await proxy.stop()
      expect(await answers({ host: '127.0.0.1', port })).toBe(false)
      await proxy.restart(site(port, more))
      expect(await ask('/three')).not.toMatch(/x-app: yes/i)
      await expect.poll(async () => (await proxy.requests()).map(({ path }) => path)).toEqual(['/one?a=1', '/two', '/three'])
    })

    it('says what it does not like', async () => {
      const other = await freePort()
      await expect(begin(program, { config: site(other, name === 'nginx' ? 'nonsense on;' : 'nonsense'), port: other })).rejects.toThrow(
        'nonsense',
      )
    })
  })
})

async function startApp(): Promise<number> {
  const server = createServer((_, res) => res.setHeader('X-App', 'yes').end('hello')).listen(0, '127.0.0.1')
  atEnd(async () => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const at = server.address()
  return typeof at === 'object' && at ? at.port : 0
}

async function speak(ca: TestCa, port: number, request: string, lines: readonly string[]): Promise<string> {
  const trusted = await readFile(ca.caFile)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'gateway.test', ca: trusted }, () => {
      socket.write([`${request} HTTP/1.1`, 'Host: gateway.test', 'Connection: close', ...lines, '', ''].join('\r\n'))
    })
    let heard = ''
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString())).once('error', reject)
    socket.once('close', () => resolve(heard))
  })
}
