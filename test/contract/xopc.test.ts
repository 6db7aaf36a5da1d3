import { describe, expect, it, vi } from 'vitest'
import type { Xopc } from '../../src/lib/core/xopc.ts'
import { configText, kinds, openHouse } from './house.ts'
import { describeDevices, describePairing } from './pairing.contract.ts'
import { describeRunning, describeXopc } from './xopc.contract.ts'

for (const kind of kinds) describeXopc(kind)
describeRunning('live')
describeRunning('client')
for (const kind of kinds) describeDevices(kind)
describePairing('live')
describePairing('client')

const calls: Record<keyof Xopc, (xopc: Xopc) => Promise<unknown>> = {
  health: (xopc) => xopc.health(),
  status: (xopc) => xopc.status(),
  overview: (xopc) => xopc.overview(),
  plan: (xopc) => xopc.plan('lan'),
  enable: (xopc) => xopc.enable('lan'),
  disable: (xopc) => xopc.disable('lan'),
  consent: (xopc) => xopc.consent('lan', '2026-11-funnel'),
  test: (xopc) => xopc.test('lan'),
  testUrl: (xopc) => xopc.testUrl('http://127.0.0.1:1'),
  proxyTemplate: (xopc) => xopc.proxyTemplate('caddy'),
  diagnose: (xopc) => xopc.diagnose('lan'),
  pair: (xopc) => xopc.pair(),
  pairing: (xopc) => xopc.pairing('no-such-code'),
  cancelPairing: (xopc) => xopc.cancelPairing('no-such-code'),
  pairContext: (xopc) => xopc.pairContext(),
  devices: (xopc) => xopc.devices(),
  renameDevice: (xopc) => xopc.renameDevice('no-such-device', 'Phone'),
  revokeDevice: (xopc) => xopc.revokeDevice('no-such-device'),
  revokeDevices: (xopc) => xopc.revokeDevices(),
  tunnelStatus: (xopc) => xopc.tunnelStatus(),
  prefetchTunnel: (xopc) => xopc.prefetchTunnel(),
  config: (xopc) => xopc.config(),
  patchConfig: (xopc) => xopc.patchConfig({ 'gateway.maxSseConnections': 9 }),
  rotateToken: (xopc) => xopc.rotateToken(),
  logs: (xopc) => xopc.logs(1),
  audit: (xopc) => xopc.audit(1),
  events: (xopc) => xopc.events(AbortSignal.timeout(5000))[Symbol.asyncIterator]().next(),
  restart: (xopc) => xopc.restart(),
  stop: (xopc) => xopc.stop(),
}

/** Which implementation refuses which method, and with which code. */
const expected: Record<keyof Xopc, readonly [live: string, client: string, offline: string]> = {
  health: ['answers', 'answers', 'GATEWAY_NOT_RUNNING'],
  status: ['answers', 'answers', 'GATEWAY_NOT_RUNNING'],
  overview: ['answers', 'answers', 'answers'],
  plan: ['answers', 'answers', 'answers'],
  enable: ['answers', 'answers', 'answers'],
  disable: ['answers', 'answers', 'answers'],
  consent: ['CONSENT_NOT_ASKED', 'CONSENT_NOT_ASKED', 'CONSENT_NOT_ASKED'],
  test: ['METHOD_HAS_NO_URL', 'METHOD_HAS_NO_URL', 'GATEWAY_NOT_RUNNING'],
  testUrl: ['answers', 'answers', 'GATEWAY_NOT_RUNNING'],
  proxyTemplate: ['answers', 'answers', 'answers'],
  diagnose: ['answers', 'answers', 'GATEWAY_NOT_RUNNING'],
  pair: ['GATEWAY_LOOPBACK_ONLY', 'GATEWAY_LOOPBACK_ONLY', 'GATEWAY_NOT_RUNNING'],
  pairing: ['PAIRING_NOT_FOUND', 'PAIRING_NOT_FOUND', 'GATEWAY_NOT_RUNNING'],
  cancelPairing: ['PAIRING_NOT_FOUND', 'PAIRING_NOT_FOUND', 'GATEWAY_NOT_RUNNING'],
  pairContext: ['answers', 'answers', 'GATEWAY_NOT_RUNNING'],
  devices: ['answers', 'answers', 'answers'],
  renameDevice: ['DEVICE_NOT_FOUND', 'DEVICE_NOT_FOUND', 'DEVICE_NOT_FOUND'],
  revokeDevice: ['DEVICE_NOT_FOUND', 'DEVICE_NOT_FOUND', 'DEVICE_NOT_FOUND'],
  revokeDevices: ['answers', 'answers', 'answers'],
  tunnelStatus: ['answers', 'answers', 'answers'],
  // The program that is named is none.
  prefetchTunnel: ['FRPC_PATH_MISSING', 'FRPC_PATH_MISSING', 'FRPC_PATH_MISSING'],
  config: ['answers', 'answers', 'answers'],
  patchConfig: ['answers', 'answers', 'answers'],
  rotateToken: ['answers', 'answers', 'answers'],
  logs: ['answers', 'answers', 'answers'],
  audit: ['answers', 'answers', 'answers'],
  events: ['answers', 'answers', 'GATEWAY_NOT_RUNNING'],
  restart: ['answers', 'answers', 'GATEWAY_NOT_RUNNING'],
  stop: ['answers', 'answers', 'GATEWAY_NOT_RUNNING'],
}

it('who refuses what is as the table says', async () => {
  vi.stubEnv('XOPC_FRPC_PATH', '/nowhere/frpc')
  const columns = await Promise.all(
    kinds.map(async (kind) => {
      await using house = await openHouse(kind)
      const found: string[] = []
      for (const call of Object.values(calls)) found.push(await call(house.xopc).then(() => 'answers', codeOf))
      return found
    }),
  )
  const rows = Object.keys(calls).map((method, row) => [method, columns.map((column) => column[row])])
  expect(Object.fromEntries(rows)).toEqual(expected)
})

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

describe('flags of a running gateway win over what would be saved', () => {
  it('so enabling against one is refused before anything is saved', async () => {
    await using house = await openHouse('live', configText(), { bind: 'loopback' })
    await expect(house.xopc.enable('lan')).rejects.toMatchObject({ code: 'SETTING_OVERRIDDEN', message: expect.stringContaining('--bind') })
    expect(await house.file()).toBe(configText())
  })

  it('but switching off works against one, for as long as the gateway runs', async () => {
    await using house = await openHouse('live', configText(), { bind: 'lan' })
    expect((await house.xopc.status()).methods[1]).toMatchObject({ intended: true })
    expect(await house.xopc.disable('lan')).toEqual({ phase: 'off' })
    await house.xopc.patchConfig({ 'gateway.maxSseConnections': 5 })
    expect((await house.xopc.status()).methods[1]).toMatchObject({ intended: false, state: { phase: 'off' } })
    expect(['on', 'blocked']).toContain((await house.xopc.enable('lan')).phase)
  })

  it('so a token from one is not rotated', async () => {
    await using house = await openHouse('live', configText(), { token: 'fedcba9876543210fedcba9876543210' })
    await expect(house.xopc.rotateToken()).rejects.toMatchObject({ code: 'SETTING_OVERRIDDEN' })
    expect(await house.file()).toBe(configText())
  })
})

it('a gateway is not restarted with a file that says it is elsewhere', async () => {
  await using house = await openHouse('live')
  await house.xopc.patchConfig({ 'gateway.mode': 'remote', 'gateway.remote.url': 'https://home.example.com' })
  await expect(house.xopc.restart()).rejects.toMatchObject({ code: 'RESTART_IS_REMOTE' })
  expect(house.asked).toEqual([])
})
