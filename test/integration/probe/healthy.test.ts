import { expect, it } from 'vitest'
import { stageNames } from '../../../src/lib/protocol/http-api.ts'
import { caOnce, look, NAME, startHome, stageOf, statuses } from './house.ts'
import { startProxy } from './proxy.ts'

const ca = caOnce()
const allPass = Object.fromEntries(stageNames.map((name) => [name, 'pass']))

it('passes all nine stages over https through a proxy that hands everything on', async () => {
  const home = await startHome({}, { ca: await ca() })
  const { port, received } = await startProxy(home.port, { certificate: await (await ca()).leaf([NAME]), server: 'nginx/1.22.1' })
  const url = `https://${NAME}:${port}`
  const verdict = await look(home, url)
  expect(verdict, JSON.stringify(verdict.stages)).toMatchObject({ ok: true, url, vantage: 'self' })
  expect(statuses(verdict)).toEqual(allPass)
  expect(verdict.stages.map(({ stage }) => stage)).toEqual([...stageNames])
  expect(verdict.latencyMs).toBeGreaterThan(0)
  expect(stageOf(verdict, 'tls').facts).toMatchObject({ names: [NAME], issuer: 'xopc test intermediate' })
  expect(stageOf(verdict, 'http').facts).toMatchObject({ answeredBy: 'Server: nginx/1.22.1' })
  expect(stageOf(verdict, 'websocket').facts).toMatchObject({ echoMs: expect.any(Number) })
  expect(stageOf(verdict, 'headers')).toMatchObject({
    facts: { peer: '127.0.0.1', received: { host: [`${NAME}:${port}`], forwardedProto: ['https'] }, trustedProxies: ['127.0.0.1'] },
    fix: { command: `xopc config set 'gateway.trustedProxies=["127.0.0.1"]'` },
  })
  // No credential before the gateway proved itself, and a new one for each request.
  const tickets = received.flatMap(({ headers }) => headers.authorization ?? [])
  const proven = received.findIndex(({ line }) => line.startsWith('POST /api/gateway-identity/challenge'))
  expect(received.slice(0, proven + 1).filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
  expect(new Set(tickets).size).toBe(tickets.length)
})

it('makes every request through the proxy, none beside it', async () => {
  const home = await startHome()
  const proxy = await startProxy(home.port)
  expect((await look(home, `http://${NAME}:${proxy.port}`)).ok).toBe(true)
  const asked = new Set(proxy.requests)
  expect([...asked].toSorted()).toEqual([
    'GET /api/tunnel/pair/ping',
    'GET /health',
    'GET /xopc/api/probe/request',
    'GET /xopc/api/probe/stream',
    'GET /xopc/api/probe/ws',
    'POST /api/gateway-identity/challenge',
  ])
  expect(proxy.requests.filter((line) => line === 'GET /xopc/api/probe/request').length).toBe(4)
})

it('says over plain http that nothing is encrypted', async () => {
  const home = await startHome()
  const { port } = await startProxy(home.port)
  const verdict = await look(home, `http://${NAME}:${port}`)
  expect(statuses(verdict)).toEqual({ ...allPass, tls: 'skip' })
  expect(stageOf(verdict, 'tls').detail).toContain('plain http')
})

it('says where nothing stands between', async () => {
  const home = await startHome()
  const verdict = await look(home, `http://127.0.0.1:${home.port}`)
  expect(statuses(verdict)).toEqual({ ...allPass, tls: 'skip' })
  expect(stageOf(verdict, 'headers')).toMatchObject({ detail: 'Nothing stands between: the request arrives as it was sent.' })
  expect(stageOf(verdict, 'headers').fix).toBeUndefined()
})

it('works behind an app, where the API is under /xopc only', async () => {
  const home = await startHome({ upstream: { url: 'http://127.0.0.1:9' } })
  const { port } = await startProxy(home.port)
  expect(statuses(await look(home, `http://${NAME}:${port}`))).toEqual({ ...allPass, tls: 'skip' })
})

it('finds *.localhost on loopback without asking anybody', async () => {
  const asked: string[] = []
  const lookup = (name: string) => {
    asked.push(name)
    return Promise.reject(new Error('nobody is to be asked'))
  }
  const home = await startHome({}, { lookup })
  const { port } = await startProxy(home.port)
  const verdict = await look(home, `http://gateway.localhost:${port}`)
  expect(statuses(verdict)).toEqual({ ...allPass, tls: 'skip' })
  expect(asked).toEqual([])
})

it('knows its visitors once the proxy is trusted', async () => {
  const home = await startHome({ trustedProxies: ['127.0.0.1'] })
  const { port } = await startProxy(home.port)
  const headers = stageOf(await look(home, `http://${NAME}:${port}`), 'headers')
  expect(headers).toMatchObject({ status: 'pass', facts: { trustedPeer: true } })
  expect(headers.fix).toBeUndefined()
})

it('says which visitor’s claims a proxy passes on', async () => {
  const home = await startHome()
  const { port } = await startProxy(home.port, {
    headers: (headers, req) => (headers['x-forwarded-for'] = [req.headers['x-forwarded-for'], '127.0.0.1'].filter(Boolean).join(', ')),
  })
  const headers = stageOf(await look(home, `http://${NAME}:${port}`), 'headers')
  expect(headers).toMatchObject({ status: 'pass', facts: { keepsClaims: true, forwardedFor: ['127.0.0.1'] } })
})

it('tells each stage as it ends, and nothing after it was called off', async () => {
  const home = await startHome()
  const { port } = await startProxy(home.port)
  const told: string[] = []
  await look(home, `http://${NAME}:${port}`, { onStage: ({ stage }) => told.push(stage) })
  expect(told.slice(0, 5)).toEqual(['dns', 'tcp', 'tls', 'http', 'identity'])
  expect(told.toSorted()).toEqual([...stageNames].toSorted())

  const stop = new AbortController()
  const heard: string[] = []
  const running = home.probe.test(`http://${NAME}:${port}`, {
    signal: stop.signal,
    onStage: ({ stage }) => {
      heard.push(stage)
      if (stage === 'identity') stop.abort(new Error('enough'))
    },
  })
  await expect(running).rejects.toThrow('enough')
  expect(heard).toEqual(['dns', 'tcp', 'tls', 'http', 'identity'])
})

it('waits through the silence that was asked for', async () => {
  const home = await startHome()
  const { port } = await startProxy(home.port)
  const sse = stageOf(await look(home, `http://${NAME}:${port}`, { idle: 1 }), 'sse')
  expect(sse).toMatchObject({
    status: 'pass',
    detail: 'Events come one by one, as they are sent; a stream that is silent for 1 s stays open.',
  })
  expect(sse.ms).toBeGreaterThan(1500)
})

const sso = { auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'x-forwarded-user' } }, trustedProxies: ['127.0.0.1'] }
const secret = 'a-long-secret-of-the-proxy-0123'
const withSecret = { ...sso, auth: { ...sso.auth, trustedProxy: { ...sso.auth.trustedProxy, sharedSecret: secret } } }

it.each<[what: string, gateway: Record<string, unknown>, headers: Record<string, string>]>([
  ['signs everybody in', sso, { 'x-forwarded-user': 'anna' }],
  ['signs nobody in', sso, {}],
  ['signs everybody in with its secret', withSecret, { 'x-forwarded-user': 'anna', 'x-xopc-proxy-secret': secret }],
])('lets a credential of the gateway through a proxy that %s', async (_, gateway, more) => {
  const home = await startHome(gateway)
  const { port } = await startProxy(home.port, { headers: (headers) => Object.assign(headers, more) })
  const verdict = await look(home, `http://${NAME}:${port}`)
  expect(statuses(verdict), JSON.stringify(verdict.stages)).toEqual({ ...allPass, tls: 'skip' })
})

it('tells a proxy that names users and lacks the secret', async () => {
  const home = await startHome(withSecret)
  const { port } = await startProxy(home.port, { headers: (headers) => (headers['x-forwarded-user'] = 'anna'), server: 'nginx' })
  expect(await look(home, `http://${NAME}:${port}`)).toMatchObject({
    ok: false,
    code: 'HTTP_ERROR',
    message: 'nginx names a user, and the gateway does not believe it (invalid_proxy_credentials).',
    fix: { snippet: expect.stringContaining('proxy_set_header X-Xopc-Proxy-Secret') },
  })
})

it('tells a proxy that sends what the gateway cannot read', async () => {
  const home = await startHome({ trustedProxies: ['127.0.0.1'] })
  const { port } = await startProxy(home.port, { headers: (headers) => (headers['x-forwarded-for'] = 'unknown') })
  expect(await look(home, `http://${NAME}:${port}`)).toMatchObject({
    ok: false,
    code: 'HTTP_ERROR',
    message: 'An unknown program on the way sends X-Forwarded headers that the gateway cannot read (FORWARDED_INVALID).',
  })
})
