import { describe, expect, it } from 'vitest'
import type { MethodView, Overview, Status } from '../../../src/lib/protocol/http-api.ts'
import { methodName, momentText, reachOf } from '../../../src/ui/words.ts'

const since = '2026-01-01T00:00:00.000Z'
const lan: MethodView = {
  id: 'lan',
  intended: true,
  audience: 'lan',
  audienceText: 'anyone on the same network',
  state: { phase: 'on', urls: ['http://192.0.2.1:18790'], since, verified: null },
  candidates: [],
}
const proxy: MethodView = {
  ...lan,
  id: 'proxy',
  audience: 'internet',
  audienceText: 'anyone on the internet',
  state: { phase: 'on', urls: ['https://gw.example.com'], since, verified: null },
}
const serve: MethodView = {
  ...lan,
  id: 'tailscale',
  audience: 'tailnet',
  audienceText: 'the devices of your tailnet',
  state: { phase: 'on', urls: ['https://home.tail1234.ts.net'], since, verified: null },
}
const funnel: MethodView = { ...serve, audience: 'internet', audienceText: 'the whole internet' }
const tunnel: MethodView = {
  ...funnel,
  id: 'tunnel',
  state: { phase: 'on', urls: ['https://abcd.frp.example.com'], since, verified: null },
}
const opening: MethodView = { ...tunnel, state: { phase: 'starting', step: 'visiting', since } }
const broken: MethodView = { ...proxy, state: { phase: 'failed', error: { code: 'X', message: 'Broken.' }, retryAt: null } }
const socket: Status['ingress'][number] = { id: 'proxy', addresses: [] }

function overviewOf(given: Partial<Overview>): Overview {
  const ssh = { user: 'u', hosts: [], port: 18790, command: '', server: { port: 22, listens: true } }
  return { running: true, gatewayId: 'g-1', methods: [], ssh, seenAs: null, conflicts: [], recommended: null, ...given }
}

const you = 'you, on the gateway’s computer'
const nobody = 'nobody on the internet'
const seenAs: Overview['seenAs'] = { origin: 'https://gw.example.com', ingress: 'local' }

describe('who can reach the gateway, in words', () => {
  it.each<[what: string, overview: Partial<Overview>, status: Partial<Status>, here: string, text: string]>([
    ['nothing is open', {}, {}, 'http://127.0.0.1:18790', `${you} · ${nobody}`],
    ['the network is', { methods: [lan] }, {}, 'http://192.0.2.1:18790', `${you} · anyone on the same network · ${nobody}`],
    ['a proxy is', { methods: [proxy] }, {}, 'https://gw.example.com', `${you} · anyone on the internet`],
    ['the tailnet is', { methods: [serve] }, {}, 'http://127.0.0.1:18790', `${you} · the devices of your tailnet · ${nobody}`],
    [
      'the page came by the tailnet',
      { methods: [serve] },
      {},
      'https://home.tail1234.ts.net',
      `${you} · the devices of your tailnet · ${nobody}`,
    ],
    ['Funnel is', { methods: [funnel] }, {}, 'http://127.0.0.1:18790', `${you} · the whole internet`],
    ['the tunnel is', { methods: [tunnel] }, {}, 'http://127.0.0.1:18790', `${you} · the whole internet`],
    ['the tunnel is being opened', { methods: [opening] }, {}, 'http://127.0.0.1:18790', `${you} · soon the whole internet`],
    ['a proxy has the socket', {}, { ingress: [socket] }, 'http://127.0.0.1:18790', `${you} · whom your proxy lets in`],
    [
      'the page came by a name that nobody saved',
      { seenAs },
      {},
      'https://gw.example.com',
      `${you} · whoever can reach https://gw.example.com, perhaps the whole internet (not saved)`,
    ],
    [
      'the page came by the saved name, which fails otherwise',
      { methods: [broken] },
      {},
      'https://gw.example.com',
      `${you} · whoever can reach https://gw.example.com, perhaps the whole internet`,
    ],
    ['the page came by a private name', {}, {}, 'https://192.168.1.2', `${you} · ${nobody}`],
    ['nobody is asked', {}, { authMode: 'none' }, 'http://127.0.0.1:18790', `every user and program on the gateway’s computer · ${nobody}`],
  ])('where %s', (_what, overview, status, here, text) => {
    const given = { ingress: [], authMode: 'token', ...status } satisfies Pick<Status, 'ingress' | 'authMode'>
    expect(reachOf(overviewOf(overview), given, here)).toEqual({ text: `Reachable by: ${text}`, alarm: false })
  })
})

it.each([
  [lan, 'Local network'],
  [proxy, 'Reverse proxy'],
  [serve, 'Tailscale Serve'],
  [funnel, 'Tailscale Funnel'],
])('is called by what people come by: %#', (method, name) => expect(methodName(method)).toBe(name))

it('says the day of what will be another day', () => {
  const now = new Date(2026, 0, 2, 9).getTime()
  const at = (day: number) => momentText(new Date(2026, 0, day, 10, 55).toISOString(), now)
  expect(at(2)).toMatch(/^10\D55/)
  expect(at(3)).toMatch(/3.*10\D55/)
})
