import { describe, expect, it } from 'vitest'
import type { MethodView, Overview, Status } from '../../../src/lib/protocol/http-api.ts'
import { closing, closingSetting, narrowing, type Way } from '../../../src/ui/own-way.ts'

const lanUrl = 'http://192.0.2.1:18790'
const lan: MethodView = {
  id: 'lan',
  intended: true,
  audience: 'lan',
  audienceText: 'anyone on the same network',
  state: { phase: 'on', urls: [lanUrl], since: '2026-01-01T00:00:00.000Z', verified: null },
  candidates: [],
}
const tailnetUrl = 'https://home.tail1234.ts.net'
const serve: MethodView = {
  ...lan,
  id: 'tailscale',
  audience: 'tailnet',
  audienceText: 'the devices of your tailnet',
  state: { phase: 'on', urls: [tailnetUrl], since: '2026-01-01T00:00:00.000Z', verified: null },
}
const tunnelUrl = 'https://abcd2345.frp.example.com'
const tunnel: MethodView = {
  ...lan,
  id: 'tunnel',
  audience: 'internet',
  audienceText: 'the whole internet',
  state: { phase: 'on', urls: [tunnelUrl], since: '2026-01-01T00:00:00.000Z', verified: null },
}
const ssh = { user: 'u', hosts: [], port: 18790, command: '', server: { port: 22, listens: true } }
const overview: Overview = {
  running: true,
  gatewayId: 'g-1',
  methods: [serve, lan, tunnel],
  ssh,
  seenAs: null,
  conflicts: [],
  recommended: null,
}
// `as`: nothing else of the status is looked at.
const status = { url: 'http://127.0.0.1:18790' } as Status

const own = 'http://127.0.0.1:18790'
const proxied = 'https://gw.example.com'

describe('whether a change takes this page its way', () => {
  it.each<[path: string, value: unknown, origin: string, face: Way['face'], closes: string | null]>([
    ['gateway.bind', 'loopback', lanUrl, 'gateway', 'Close the local network'],
    ['gateway.bind', '0.0.0.0', lanUrl, 'gateway', null],
    ['gateway.bind', 'loopback', own, 'gateway', null],
    ['gateway.bind', 'loopback', lanUrl, 'ui', null],
    ['gateway.port', 18791, own, 'gateway', 'Move to port 18791'],
    ['gateway.port', 18791, lanUrl, 'gateway', 'Move to port 18791'],
    ['gateway.port', 18790, own, 'gateway', null],
    ['gateway.port', 'abc', own, 'gateway', null],
    ['gateway.port', 18791, proxied, 'gateway', null],
    ['gateway.port', 18791, own, 'ui', null],
    ['gateway.tailscale.mode', 'off', tailnetUrl, 'gateway', 'Disable Serve'],
    ['gateway.tailscale.mode', 'funnel', tailnetUrl, 'gateway', null],
    ['gateway.tailscale.mode', 'off', lanUrl, 'gateway', null],
    ['gateway.tailscale.mode', 'off', tailnetUrl, 'ui', null],
    ['gateway.tailscale.httpsPort', 8443, tailnetUrl, 'gateway', 'Move to port 8443'],
    ['gateway.tailscale.httpsPort', 443, tailnetUrl, 'gateway', null],
    ['gateway.tailscale.httpsPort', 8443, lanUrl, 'gateway', null],
    ['tunnel.enabled', false, tunnelUrl, 'gateway', 'Stop the public tunnel'],
    ['tunnel.enabled', true, tunnelUrl, 'gateway', null],
    ['tunnel.brokerUrl', 'https://other.example.com/api', tunnelUrl, 'gateway', 'Stop the public tunnel'],
    ['tunnel.subdomain', 'other', tunnelUrl, 'gateway', 'Stop the public tunnel'],
    ['tunnel.subdomain', 'other', own, 'gateway', null],
    ['gateway.maxSseConnections', 5, own, 'gateway', null],
  ])('%s = %j, come by %s (%s): %j', (path, value, origin, face, closes) => {
    expect(closingSetting(path, value, { origin, face, overview, status })?.question.verb ?? null).toBe(closes)
  })
})

describe('by Tailscale', () => {
  const open: Overview = { ...overview, methods: [{ ...serve, audience: 'internet' }, lan] }
  const way = { origin: tailnetUrl, face: 'gateway', status } as const

  it('leads a page that moves with the port to where it is then', () => {
    expect(closingSetting('gateway.tailscale.httpsPort', 8443, { ...way, overview })?.after.url).toBe(`${tailnetUrl}:8443`)
  })

  it('is called what it is when it is closed', () => {
    expect(closing('tailscale', { ...way, overview })?.question.verb).toBe('Disable Serve')
    expect(closing('tailscale', { ...way, overview: open })?.question.verb).toBe('Disable Funnel')
    expect(closing('proxy', { ...way, overview })).toBe(null)
  })

  it('asks before the internet is left out only whoever may have come from there', () => {
    expect(narrowing({ ...way, overview: open })?.verb).toBe('Leave it to your tailnet')
    expect(narrowing({ ...way, overview })).toBe(null)
    expect(narrowing({ ...way, origin: own, overview: open })).toBe(null)
  })
})
