import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { type ConfigTree, type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startNginx } from '../../support/proxy-programs.ts'
import { run } from '../../support/run.ts'
import { startUpstream } from '../../support/upstream.ts'
import { rowOfSight } from './rows.ts'

// Rows of docs/guide/troubleshooting.md about requests that are refused: through nginx, as a browser and a program send them.

const NAME = 'gateway.example.com'
const CHOSEN = 'a-sentence-that-somebody-chose'

/** A request that somebody sends to the proxy. */
interface Ask {
  path?: string
  method?: string
  headers?: Record<string, string>
  /** The visitor's own address, one of loopback. */
  from?: string
}

type Visit = (ask?: Ask) => Promise<{ status: number; code: string | null }>

needsPeer('nginx', 'a request through nginx', (nginx) => {
  /** A gateway with nginx in front; `lines` stand in its `location` beside those that pass on the name. */
  async function house(
    config: ConfigTree,
    lines = '',
  ): Promise<{ gateway: RunningGateway; visit: Visit; rewrite(lines: string): Promise<void> }> {
    const gateway = await startGateway({ config: { gateway: config } })
    const port = await freePort()
    const site = (more: string) =>
      `server { listen ${port}; location / { proxy_pass http://127.0.0.1:${gateway.port}; proxy_set_header Host $http_host; ${more} } }`
    const proxy = await startNginx(nginx, { config: site(lines), port })
    return { gateway, visit: async (ask = {}) => await send(port, ask), rewrite: async (more) => await proxy.restart(site(more)) }
  }

  const bearer = ({ token }: RunningGateway) => ({ authorization: `Bearer ${token}` })

  it('421 in the browser’s console', async () => {
    const row = rowOfSight("421 in the browser's console, or a sign-in page where none was expected")
    const { gateway, visit } = await house({})
    expect(await visit({ path: '/api/status' })).toEqual({ status: 421, code: row.code })
    expect((await visit({ path: '/api/status', headers: bearer(gateway) })).status).toBe(200)
    await type(gateway, row.pieces[0])
    expect((await visit({ path: '/api/status' })).status).toBe(401)
  })

  it('403 and CORS errors', async () => {
    const row = rowOfSight("403 and CORS errors in the browser's console")
    const { gateway, visit } = await house({})
    const from = (origin: string) => ({ path: '/api/status', headers: { ...bearer(gateway), origin } })
    expect(await visit(from(`https://${NAME}`))).toEqual({ status: 403, code: row.code })
    await type(gateway, row.pieces[0])
    expect((await visit(from(`https://${NAME}`))).status).toBe(200)
    expect(await visit(from('https://app.example.com'))).toEqual({ status: 403, code: row.code })
    await type(gateway, row.pieces[1])
    expect((await visit(from('https://app.example.com'))).status).toBe(200)
  })

  it('400 as soon as the proxy is trusted', async () => {
    const row = rowOfSight('400 as soon as the proxy is in trustedProxies')
    const { gateway, visit, rewrite } = await house(
      { trustedProxies: ['127.0.0.1'] },
      'proxy_set_header X-Forwarded-For $http_x_forwarded_for;',
    )
    const odd = { path: '/api/status', headers: { ...bearer(gateway), 'X-Forwarded-For': 'unknown' } }
    expect(await visit(odd)).toEqual({ status: 400, code: row.code })
    await rewrite(row.pieces[0] ?? '')
    expect((await visit(odd)).status).toBe(200)
  })

  it('401 without a token, and with a wrong one', async () => {
    const { gateway, visit } = await house({ publicUrl: `https://${NAME}` })
    expect(await visit({ path: '/api/status' })).toEqual({ status: 401, code: rowOfSight('401 without a token').code })
    const wrong = { authorization: `Bearer ${'0'.repeat(48)}` }
    expect(await visit({ path: '/api/status', headers: wrong })).toEqual({ status: 401, code: rowOfSight('401 with a token').code })
    const right = { authorization: `Bearer ${(await gateway.xopc(['gateway', 'token', '--show'])).stdout.trim()}` }
    expect((await visit({ path: '/api/status', headers: right })).status).toBe(200)
  })

  it('401 where the proxy signs people in', async () => {
    const row = rowOfSight('401 where the proxy signs people in')
    const auth = { mode: 'trusted-proxy', trustedProxy: { sharedSecret: '5ec2e7aa'.repeat(6) } }
    const { visit } = await house(
      { publicUrl: `https://${NAME}`, trustedProxies: ['127.0.0.1'], auth },
      'proxy_set_header X-Forwarded-User anna;',
    )
    expect(await visit({ path: '/api/status' })).toEqual({ status: 401, code: row.code })
  })

  it('429 for everybody who comes by the proxy', async () => {
    const row = rowOfSight('429 for everybody who comes by the proxy')
    const config = { publicUrl: `https://${NAME}`, auth: { token: CHOSEN } }
    const { gateway, visit } = await house(config, 'proxy_set_header X-Forwarded-For $remote_addr;')
    const right = { path: '/api/status', headers: bearer(gateway), from: '127.0.0.2' }
    const guess = async () => await visit({ path: '/api/status', headers: { authorization: 'Bearer wrong' }, from: '127.0.0.3' })
    for (let count = 0; count < 5; count++) await guess()
    expect(await visit(right)).toEqual({ status: 429, code: row.code })
    await type(gateway, row.pieces[0])
    for (let count = 0; count < 5; count++) await guess()
    expect(await guess()).toEqual({ status: 429, code: row.code })
    expect((await visit(right)).status).toBe(200)
  })

  it('403 when signing in by a browser, with an app behind the gateway', async () => {
    const row = rowOfSight('403 when signing in by a browser, with an app behind the gateway')
    const app = await startUpstream()
    const { gateway, visit } = await house({ publicUrl: `https://${NAME}`, upstream: { url: app.url } })
    const body = { path: '/xopc/api/session', method: 'POST', headers: { 'content-type': 'application/json', origin: `https://${NAME}` } }
    expect(await visit(body)).toEqual({ status: 403, code: row.code })
    expect((await visit({ headers: bearer(gateway) })).status).toBe(200)
  })

  it('502 with your token', async () => {
    const row = rowOfSight('502 with your token')
    const app = await startUpstream()
    const { gateway, visit } = await house({ publicUrl: `https://${NAME}`, upstream: { url: `http://127.0.0.1:${await freePort()}` } })
    expect(await visit({ headers: bearer(gateway) })).toEqual({ status: 502, code: row.code })
    await type(gateway, row.pieces[0]?.replace('http://127.0.0.1:3000', app.url))
    expect((await visit({ headers: bearer(gateway) })).status).toBe(200)
  })
})

/** Types what the page says, on the gateway's computer. `proxy set` exits with 1 where the address does not work, as here, and saves it. */
async function type(gateway: RunningGateway, command = ''): Promise<void> {
  expect(command).toMatch(/^xopc (config|proxy) set /)
  const { stdout } = await run(['sh', '-c', `printf '%s\\n' ${command}`])
  const ran = await gateway.xopc(stdout.trimEnd().split('\n').slice(1))
  expect([0, 1], ran.stderr).toContain(ran.code)
}

async function send(
  port: number,
  { path = '/', method = 'GET', headers = {}, from }: Ask,
): Promise<{ status: number; code: string | null }> {
  const where = { host: '127.0.0.1', port, ...(from === undefined ? {} : { localAddress: from }) }
  const call = request({ ...where, path, method, headers: { Host: NAME, ...headers }, agent: false, timeout: 20_000 })
  call.end(method === 'POST' ? '{"token":"wrong"}' : undefined)
  // `as`: what a request is answered with.
  const [reply] = (await once(call, 'response')) as [IncomingMessage]
  const body = await text(reply)
  return { status: reply.statusCode ?? 0, code: /"code":"(\w+)"/.exec(body)?.[1] ?? null }
}
