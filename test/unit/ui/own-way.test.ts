import { describe, expect, it } from 'vitest'
import type { MethodView, Overview, Status } from '../../../src/lib/protocol/http-api.ts'
import { closingSetting, type Way } from '../../../src/ui/own-way.ts'

const lanUrl = 'http://192.0.2.1:18790'
const lan: MethodView = {
  id: 'lan',
  intended: true,
  audience: 'lan',
  audienceText: 'anyone on the same network',
  state: { phase: 'on', urls: [lanUrl], since: '2026-01-01T00:00:00.000Z', verified: null },
  candidates: [],
}
const ssh = { user: 'u', hosts: [], port: 18790, command: '', server: { port: 22, listens: true } }
const overview: Overview = { running: true, gatewayId: 'g-1', methods: [lan], ssh, seenAs: null, conflicts: [], recommended: null }
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
    ['gateway.maxSseConnections', 5, own, 'gateway', null],
  ])('%s = %j, come by %s (%s): %j', (path, value, origin, face, closes) => {
    expect(closingSetting(path, value, { origin, face, overview, status })?.question.verb ?? null).toBe(closes)
  })
})
