import { describe, expect, it } from 'vitest'
import type { StageName } from '../../../src/lib/protocol/http-api.ts'
import type { Certificate } from '../../support/certs.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startCaddy, startNginx } from '../../support/proxy-programs.ts'
import { caOnce, look, NAME, startHome, stageOf } from './house.ts'

// The real programs, each broken in one way: the test names it, and the line that it prints mends it.

interface Row {
  what: string
  /** Lines in place of good ones, by the good line's beginning; an empty beginning adds them. */
  broken: [good: string, bad: string]
  stage: StageName
  status?: 'warn'
  code?: string
  idle?: number
  /** What is needed beside the line. */
  besides?: string
}

const ca = caOnce()
const nginxLines = [
  'proxy_http_version 1.1;',
  'proxy_set_header Host $http_host;',
  'proxy_set_header X-Forwarded-For $remote_addr;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection "upgrade";',
  'proxy_buffering off;',
]

needsPeer('nginx', 'nginx', (nginx) => {
  const rows: Row[] = [
    { what: 'buffers', broken: ['proxy_buffering', 'proxy_buffering on;'], stage: 'sse', code: 'SSE_BUFFERED' },
    { what: 'buffers by default', broken: ['proxy_buffering', ''], stage: 'sse', code: 'SSE_BUFFERED' },
    { what: 'takes Authorization away', broken: ['', 'proxy_set_header Authorization "";'], stage: 'auth', code: 'AUTHORIZATION_STRIPPED' },
    { what: 'rewrites Host by default', broken: ['proxy_set_header Host', ''], stage: 'identity', code: 'HOST_REWRITTEN' },
    {
      what: 'leaves the port out of Host',
      broken: ['proxy_set_header Host', 'proxy_set_header Host $host;'],
      stage: 'headers',
      status: 'warn',
      code: 'HOST_REWRITTEN',
    },
    { what: 'says nothing of visitors', broken: ['proxy_set_header X-Forwarded-For', ''], stage: 'headers', status: 'warn' },
    {
      what: 'keeps replies',
      broken: [
        'proxy_buffering',
        'proxy_cache c; proxy_cache_key $request_uri; proxy_cache_valid any 1m; proxy_ignore_headers Cache-Control Expires Vary;',
      ],
      besides: 'proxy_buffering off;',
      stage: 'auth',
      code: 'HTTP_ERROR',
    },
    { what: 'ends silent streams', broken: ['', 'proxy_read_timeout 1s;'], stage: 'sse', code: 'TIMEOUT', idle: 2 },
  ]
  const upgradeLines = ['proxy_http_version', 'proxy_set_header Upgrade', 'proxy_set_header Connection']
  // Over TLS, where nginx holds small pieces back unless it is told to flush them.
  const open = async () => ({
    home: await startHome({}, { ca: await ca() }),
    port: await freePort(),
    certificate: await (await ca()).leaf([NAME]),
  })
  const config = (port: number, to: number, { certFile, keyFile }: Certificate, lines: readonly string[]) => `
    proxy_cache_path cache keys_zone=c:1m;
    server { listen ${port} ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; location / { proxy_pass http://127.0.0.1:${to}; ${lines.join('\n')} } }`

  it.each(rows)('$what', async ({ broken: [good, bad], stage, status = 'fail', code, idle, besides = '' }) => {
    const { home, port, certificate } = await open()
    const kept = nginxLines.filter((line) => good === '' || !line.startsWith(good))
    const program = await startNginx(nginx, { port, config: config(port, home.port, certificate, [...kept, bad]) })
    const options = idle === undefined ? {} : { idle }
    const found = stageOf(await look(home, `https://${NAME}:${port}`, options), stage)
    expect(found, JSON.stringify(found)).toMatchObject({ status, culprit: { program: 'nginx' } })
    expect(found.code).toBe(code)
    expect(found.fix?.snippet ?? '').not.toBe('')

    await program.restart(config(port, home.port, certificate, [...kept, besides, found.fix?.snippet ?? '']))
    const mended = await look(home, `https://${NAME}:${port}`, options)
    expect(stageOf(mended, stage), JSON.stringify(mended.stages)).toMatchObject({ status: 'pass' })
    expect(mended.ok).toBe(true)
    await program.stop()
  })

  it('loses the upgrade by default; the three lines mend it', async () => {
    const { home, port, certificate } = await open()
    const kept = nginxLines.filter((line) => !upgradeLines.some((start) => line.startsWith(start)))
    const program = await startNginx(nginx, { port, config: config(port, home.port, certificate, kept) })
    const found = stageOf(await look(home, `https://${NAME}:${port}`), 'websocket')
    expect(found).toMatchObject({
      status: 'fail',
      code: 'WEBSOCKET_BLOCKED',
      culprit: { program: 'nginx' },
      detail: 'nginx takes the header Upgrade away, so no WebSocket connection comes about.',
    })
    await program.restart(config(port, home.port, certificate, [...kept, found.fix?.snippet ?? '']))
    expect((await look(home, `https://${NAME}:${port}`)).ok).toBe(true)
    await program.stop()
  })

  it('that does not reach the gateway is named', async () => {
    const { home, port, certificate } = await open()
    const nobody = await freePort()
    const program = await startNginx(nginx, { port, config: config(port, nobody, certificate, nginxLines) })
    const verdict = await look(home, `https://${NAME}:${port}`)
    expect(verdict).toMatchObject({ ok: false, code: 'HTTP_ERROR', message: 'nginx answers, but does not reach the gateway (502).' })
    expect(verdict).toMatchObject({ fix: { command: `xopc proxy template nginx --domain ${NAME}` } })
    await program.stop()
  })
})

describe.each(['caddy', 'caddy-2.11'])('%s', (peer) => {
  needsPeer(peer === 'caddy' ? 'caddy' : peer, 'Caddy', (caddy) => {
    const rows: Row[] = [
      { what: 'takes Authorization away', broken: ['', 'header_up -Authorization'], stage: 'auth', code: 'AUTHORIZATION_STRIPPED' },
      { what: 'rewrites Host', broken: ['', 'header_up Host {upstream_hostport}'], stage: 'identity', code: 'HOST_REWRITTEN' },
      { what: 'takes Upgrade away', broken: ['', 'header_up -Upgrade'], stage: 'websocket', code: 'WEBSOCKET_BLOCKED' },
      { what: 'says nothing of visitors', broken: ['', 'header_up -X-Forwarded-For'], stage: 'headers', status: 'warn' },
    ]
    const config = (port: number, to: number, lines: readonly string[]) =>
      `{\n admin off\n auto_https off\n}\nhttp://:${port} {\n bind 127.0.0.1\n reverse_proxy 127.0.0.1:${to} {\n${lines.join('\n')}\n}\n}\n`

    it.each(rows)('$what', async ({ broken: [, bad], stage, status = 'fail', code }) => {
      const home = await startHome()
      const port = await freePort()
      const program = await startCaddy(caddy, { port, config: config(port, home.port, [bad]) })
      const found = stageOf(await look(home, `http://${NAME}:${port}`), stage)
      expect(found, JSON.stringify(found)).toMatchObject({ status, culprit: { program: 'Caddy' } })
      expect(found.code).toBe(code)
      // Where the remedy is a line, it takes the place of the bad one; otherwise it says to take that one out.
      const line = /\{\n\t(.*)\n\}/.exec(found.fix?.snippet ?? '')?.[1]
      if (line === undefined) expect(found.fix?.title).toMatch(/^Take out/)
      await program.restart(config(port, home.port, line === undefined ? [] : [line]))
      expect((await look(home, `http://${NAME}:${port}`)).ok).toBe(true)
      await program.stop()
    })
  })
})
