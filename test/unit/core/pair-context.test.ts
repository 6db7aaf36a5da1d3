import { describe, expect, it } from 'vitest'
import { connectUrls, doubtful, isForDevices, lanUrlOf, pairContext } from '../../../src/lib/core/pair-context.ts'
import type { AccessState, Candidate, MethodView, Verification } from '../../../src/lib/protocol/http-api.ts'

const since = '2026-11-24T12:00:00.000Z'
const home = 'http://192.168.1.5:18790'
const wifi = 'http://192.168.1.6:18790'
const docker = 'http://172.17.0.1:18790'
const front = 'https://gateway.example.com'
function proof(url: string): Verification {
  const verdict = { ok: true as const, url, vantage: 'self' as const, at: since, ms: 5, latencyMs: 1, stages: [] }
  return { at: since, confirmedAt: since, vantage: 'self', ms: 5, verdict }
}
const refused = { code: 'DNS_OR_CONN_REFUSED', message: 'Nothing listens there.' }

const off: AccessState = { phase: 'off' }
/** The first of the addresses was looked at, unless told otherwise. */
const on = (urls: string[], verified: Verification | null = proof(urls[0] ?? '')): AccessState => ({ phase: 'on', urls, since, verified })
const degraded = (urls: string[]): AccessState => ({ phase: 'degraded', urls, error: refused, next: 'later' })
const busy = { code: 'PORT_IN_USE', message: 'Another program listens on 192.168.1.7.' }
const partly = (urls: string[]): AccessState => ({ phase: 'degraded', urls, error: busy, next: 'later' })
const buffered = (urls: string[]): AccessState => ({ phase: 'degraded', urls, error: { code: 'SSE_BUFFERED', message: 'Held.' }, next: '' })
const cards: Candidate[] = [
  { url: home, interface: 'eth0', kind: 'physical', note: null },
  { url: docker, interface: 'docker0', kind: 'virtual', note: 'docker0 is a network of containers' },
]

function views(lan: AccessState, proxy: AccessState, candidates = cards): { methods: MethodView[] } {
  const shared = { audience: 'lan', audienceText: 'whoever' } as const
  return {
    methods: [
      { ...shared, id: 'lan', state: lan, intended: lan.phase !== 'off', candidates },
      { ...shared, id: 'proxy', state: proxy, intended: proxy.phase !== 'off', candidates: [] },
    ],
  }
}

const cases: [what: string, given: { methods: MethodView[] }, urls: string[], recommended: string | null, why: string | null][] = [
  ['with nothing switched on', views(off, off), [], null, 'GATEWAY_LOOPBACK_ONLY'],
  ['on the local network', views(on([home, docker]), off), [home], home, null],
  ['behind a proxy', views(off, on([front])), [front], front, null],
  ['by both, the proxy first', views(on([home]), on([front])), [front, home], front, null],
  ['while the proxy’s test fails', views(on([home]), degraded([front])), [home], home, null],
  ['with a proxy that fails alone', views(off, degraded([front])), [], null, 'NO_REACHABLE_URL'],
  ['before the proxy was looked at, what is known to work', views(on([home]), on([front], null)), [front, home], home, null],
  ['before anything was looked at', views(off, on([front], null)), [front], front, null],
  ['with a chosen address that only containers reach', views(on([docker]), off), [docker], docker, null],
  ['with a proxy on this computer for itself', views(off, on(['http://127.0.0.1:18790'])), [], null, 'NO_REACHABLE_URL'],
  ['with a public address over plain http', views(on(['http://203.0.113.5:18790']), off), [], null, 'NO_REACHABLE_URL'],
  ['by the addresses that opened, where one did not', views(partly([home]), off), [home], home, null],
  ['by the others, where the one that was looked at fails', views(degraded([home, wifi]), off), [wifi], wifi, null],
  ['where only streams are held back', views(off, buffered([front])), [front], front, null],
  ['while lan waits', views({ phase: 'blocked', needs: refused }, off), [], null, 'NO_REACHABLE_URL'],
]

describe('a device is sent', () => {
  it.each(cases)('%s', (_what, given, urls, recommended, blockReason) => {
    expect(connectUrls(given)).toEqual(urls)
    expect(pairContext(given)).toMatchObject({ recommended, blockReason })
  })
})

it('the network that is still closed is shown, with what opens it', () => {
  expect(pairContext(views(off, off)).candidates).toEqual([{ kind: 'lan', url: home, reachable: false, needsLanBind: true }])
})

it('an address that does not work says why', () => {
  expect(pairContext(views(off, degraded([front]))).candidates).toContainEqual({
    kind: 'reverse-proxy',
    url: front,
    reachable: false,
    note: 'Nothing listens there.',
  })
})

it('one that was looked at says nothing more than that', () => {
  expect(pairContext(views(on([home]), on([front]))).candidates).toEqual([
    { kind: 'reverse-proxy', url: front, reachable: true },
    { kind: 'lan', url: home, reachable: true },
  ])
})

describe('what was seen just now', () => {
  const given = views(on([home, wifi]), degraded([front]))

  it('can be asked of what nothing good is known of, and of no closed network', () => {
    expect(doubtful(given)).toEqual([front, wifi])
    expect(doubtful(views(off, off))).toEqual([])
  })

  it('counts before what is said', () => {
    const looks = new Map([
      [front, null],
      [home, refused],
    ])
    expect(pairContext(given, looks)).toMatchObject({
      recommended: front,
      candidates: [
        { url: front, reachable: true },
        { url: home, reachable: false, note: refused.message },
        { url: wifi, reachable: false },
      ],
    })
    expect(pairContext(given, looks).candidates[0]).not.toHaveProperty('note')
    expect(connectUrls(given, looks)).toEqual([front, wifi])
    expect(lanUrlOf(given, looks)).toBe(wifi)
  })
})

it('only the address that was looked at counts as proven', () => {
  expect(pairContext(views(on([home, wifi]), off)).candidates).toEqual([
    { kind: 'lan', url: home, reachable: true },
    { kind: 'lan', url: wifi, reachable: false, note: 'It has not been looked at yet.' },
  ])
})

it.each([
  ['https://gateway.example.com', true],
  ['http://192.168.1.5:18790', true],
  ['http://home.local:18790', true],
  ['http://[fd00::5]:18790', true],
  ['http://gateway.example.com', false],
  ['http://203.0.113.5', false],
  ['http://127.0.0.1:18790', false],
  ['https://localhost', false],
  ['https://name.localhost', false],
  ['http://[::1]:18790', false],
  ['https://[::ffff:127.0.0.1]', false],
  ['https://0.0.0.0', false],
  ['http://[::]:18790', false],
  ['ftp://192.168.1.5', false],
  ['nothing', false],
])('a device may be sent to %s: %s', (url, may) => {
  expect(isForDevices(url)).toBe(may)
})
