import { expect, it } from 'vitest'
import type { LocalAddress } from '../../../src/lib/access/lan/addresses.ts'
import { findings, type LanSight } from '../../../src/lib/access/lan/checks.ts'
import { type Config, defaultConfig } from '../../../src/lib/config/schema.ts'

const wifi: LocalAddress = { address: '192.168.1.20', interface: 'wlan0', kind: 'physical' }
const docker: LocalAddress = { address: '172.17.0.1', interface: 'docker0', kind: 'virtual' }
const url = 'http://192.168.1.20:18790'

function sight(bind: string, over: Partial<LanSight> = {}, mode: Config['gateway']['auth']['mode'] = 'token'): LanSight {
  const config = defaultConfig()
  const gateway = { ...config.gateway, bind, auth: { ...config.gateway.auth, mode } }
  return { config: { ...config, gateway }, facts: { addresses: [wifi] }, answers: [], ufwConf: null, ...over }
}

const cases: [what: string, sight: LanSight, found: string[]][] = [
  ['off', sight('loopback'), ['skip LAN_INTENT', 'pass LAN_ADDRESSES', 'skip LAN_FIREWALL']],
  [
    'on and answering',
    sight('lan', { answers: [{ url, answer: { ok: true, ms: 2 } }] }),
    ['pass LAN_INTENT', 'pass LAN_ADDRESSES', 'pass LAN_ANSWERS', 'skip LAN_FIREWALL'],
  ],
  [
    'on and silent',
    sight('lan', { answers: [{ url, answer: { ok: false, detail: 'nothing listens there' } }] }),
    ['pass LAN_INTENT', 'pass LAN_ADDRESSES', 'fail LAN_ANSWERS', 'skip LAN_FIREWALL'],
  ],
  ['without a network', sight('lan', { facts: { addresses: [] } }), ['pass LAN_INTENT', 'fail LAN_NO_ADDRESS', 'skip LAN_FIREWALL']],
  ['without authentication', sight('lan', {}, 'none'), ['fail EXPOSURE_NEEDS_AUTH', 'pass LAN_ADDRESSES', 'skip LAN_FIREWALL']],
  [
    'on an address that is gone',
    sight('192.168.1.99'),
    ['fail LAN_ADDRESS_NOT_AVAILABLE', 'fail LAN_ADDRESS_NOT_AVAILABLE', 'skip LAN_FIREWALL'],
  ],
  [
    'with containers',
    sight('lan', { facts: { addresses: [docker, wifi] } }),
    ['pass LAN_INTENT', 'pass LAN_ADDRESSES', 'warn LAN_ADDRESS_NOTE', 'skip LAN_FIREWALL'],
  ],
  [
    'with ufw on',
    sight('lan', { ufwConf: '# ufw\nENABLED=yes\nLOGLEVEL=low\n' }),
    ['pass LAN_INTENT', 'pass LAN_ADDRESSES', 'warn LAN_FIREWALL'],
  ],
  ['with ufw off', sight('lan', { ufwConf: 'ENABLED=no\n' }), ['pass LAN_INTENT', 'pass LAN_ADDRESSES', 'skip LAN_FIREWALL']],
]

it.each(cases)('findings of lan: %s', (_what, seen, found) => {
  expect(findings(seen).map(({ status, code }) => `${status} ${code}`)).toEqual(found)
})

it('a firewall that may be in the way comes with the line to type', () => {
  const firewall = findings(sight('lan', { ufwConf: 'ENABLED=yes' })).at(-1)
  expect(firewall?.fix).toEqual({ title: 'Let the network in', command: 'sudo ufw allow 18790/tcp' })
})
