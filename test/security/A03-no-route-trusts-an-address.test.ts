import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, type House, openHouse } from './doors.ts'
import { caddyStripping, nginxForwardingHost, proxyPeers, startCaddy, startNginx } from './proxies.ts'

// Every route that the gateway says it has, asked without a credential from the addresses that are nearest to it.

const open = new Set([
  'GET /api/health',
  'GET /api/tunnel/pair/ping',
  'POST /api/tunnel/pair/validate-url',
  'POST /api/tunnel/exchange-token',
  'POST /api/gateway-identity/challenge',
  'POST /api/session',
])

needsPeer('netns', 'every route of the API', (ip) => {
  const houses: Record<string, House> = {}
  beforeAll(async () => {
    houses['token'] = await openHouse({ ip })
    houses['password'] = await openHouse({ ip, gateway: { auth: authModes.password } })
    houses['an app'] = await openHouse({ ip, app: true })
  })

  it.each(['token', 'password', 'an app'])('%s: 401 on local, lan and proxy, whatever the request says of its address', async (name) => {
    const { doors } = houses[name]!
    const routes = await routesOf(doors.control)
    expect(routes.length).toBeGreaterThan(20)
    expect(routes.filter((each) => open.has(each)).toSorted()).toEqual([...open].toSorted())
    const told = [
      [],
      ['X-Forwarded-For: 127.0.0.1'],
      ['X-Real-IP: 127.0.0.1', 'Forwarded: for=127.0.0.1'],
      ['X-Forwarded-For: ::1', 'X-Client-IP: ::1'],
    ]
    for (const each of routes.filter((line) => !open.has(line))) {
      const [method, path = ''] = each.split(' ')
      const body = method === 'GET' ? {} : { body: '{}' }
      for (const door of ['local', 'lan', 'proxy'] as const) {
        for (const lines of told) {
          const answer = await doors[door].ask(
            `${method} ${path === '/metrics' ? path : `/xopc${path}`}`,
            ['Content-Type: application/json', ...lines],
            body,
          )
          expect(answer, `${door} ${each} ${lines.join()}`).toMatchObject({ status: 401, code: 'missing_token' })
        }
      }
    }
  })

  it('signing in without a secret is refused everywhere', async () => {
    for (const door of ['local', 'lan', 'proxy'] as const) {
      const answer = await houses['token']!.doors[door].ask('POST /xopc/api/session', ['Content-Type: application/json'], { body: '{}' })
      expect(answer, door).toMatchObject({ status: 401, code: 'missing_token' })
      expect(answer.headers).not.toHaveProperty('set-cookie')
    }
  })
})

needsPeer(proxyPeers, 'every route of the API through a real proxy', (nginx, caddy, caddyNew) => {
  it('401, whether the proxy tells of itself or not', async () => {
    const house = await openHouse({ bare: true })
    const { port } = house.gateway
    const doors = {
      'nginx as it comes': await startNginx(nginx, port),
      'nginx with forwarding': await startNginx(nginx, port, nginxForwardingHost),
      'Caddy 2.6 that strips': await startCaddy(caddy, port, caddyStripping),
      'Caddy 2.11 as it comes': await startCaddy(caddyNew, port),
    }
    const routes = (await routesOf(house.doors.control)).filter((line) => !open.has(line))
    expect(routes.length).toBeGreaterThan(20)
    for (const [name, door] of Object.entries(doors)) {
      for (const each of routes) {
        const [method, path = ''] = each.split(' ')
        const line = `${method} ${path === '/metrics' ? path : `/xopc${path}`}`
        const lines = ['Content-Type: application/json', 'X-Forwarded-For: 127.0.0.1']
        const answer = await door.ask(line, lines, { host: house.doors.local.host, ...(method === 'GET' ? {} : { body: '{}' }) })
        expect(answer, `${name} ${each}`).toMatchObject({ status: 401, code: 'missing_token' })
      }
    }
  })
})

async function routesOf(control: House['doors']['control']): Promise<string[]> {
  const { body } = await control.ask('GET /xopc/api/openapi.json')
  // `as`: OpenAPI, as far as it is read here.
  const { paths } = JSON.parse(body) as { paths: Record<string, Record<string, unknown>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, 'lan')}`),
  )
}
