import { describe, expect, it } from 'vitest'
import type { IngressId, MethodView } from '../../../src/lib/protocol/http-api.ts'
import type { Device } from '../../../src/lib/protocol/pairing-api.ts'
import { witnessOf } from '../../../src/ui/witness.ts'

const url = 'https://gw.example.com'
const state: MethodView['state'] = { phase: 'on', urls: [url], since: '2026-01-01T00:00:00.000Z', verified: null }

function device(
  name: string,
  lastIngress: IngressId | null,
  baseUrl: string | null,
  lastSeenAt: string | null = '2026-01-01T00:00:00.000Z',
): Device {
  const rest = { platform: null, kind: 'app', scopes: [], pairedAt: '2026-01-01T00:00:00.000Z', lastIp: null } as const
  return { ...rest, id: name, name, scopes: [], lastIngress, baseUrl, lastSeenAt }
}

describe('who bears witness of a way in', () => {
  it.each<[what: string, id: 'lan' | 'proxy', devices: Device[], name: string | null]>([
    ['came by the network', 'lan', [device('a', 'lan', 'http://192.0.2.1:1')], 'a'],
    ['was paired with the proxy, and came by the network', 'lan', [device('a', 'lan', url)], 'a'],
    ['came from this computer', 'lan', [device('a', 'local', 'http://192.0.2.1:1')], null],
    ['came by the proxy on this computer', 'proxy', [device('a', 'local', url)], 'a'],
    ['came by the proxy’s socket', 'proxy', [device('a', 'proxy', url)], 'a'],
    ['was paired with the proxy, and came by the network', 'proxy', [device('a', 'lan', url)], null],
    ['came by another address', 'proxy', [device('a', 'local', 'https://old.example.com')], null],
    ['was never here', 'lan', [device('a', 'lan', null, null)], null],
    ['came last', 'lan', [device('a', 'lan', null, '2026-01-01T00:00:00.000Z'), device('b', 'lan', null, '2026-01-02T00:00:00.000Z')], 'b'],
  ])('whoever %s (%s)', (_what, id, devices, name) => {
    expect(witnessOf({ id, state }, devices)?.name ?? null).toBe(name)
  })
})
