import { beforeAll, expect, it } from 'vitest'
import type { PairingCode } from '../../../src/lib/protocol/pairing-api.ts'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { tempFolder } from '../../support/cleanup.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { startReachable } from '../cli/running.ts'
import { codeOf, connect, expectPure } from './house.ts'

let gateway: RunningGateway
let token: string
beforeAll(async () => {
  gateway = await startReachable()
  const { stdout } = await gateway.xopc(['pair', '--timeout', '0', '--json'])
  // `as`: the API's own form, which its schema holds.
  const pairingSecret = readAppLink((JSON.parse(stdout) as PairingCode).links?.app ?? '')?.secret
  const headers = { 'content-type': 'application/json' }
  const joined = await gateway.fetch('/api/tunnel/exchange-token', { method: 'POST', headers, body: JSON.stringify({ pairingSecret }) })
  token = ((await joined.json()) as { token: string }).token
})

/** On a computer of its own, with the token of a device. */
async function connectFar(args: readonly string[]) {
  return await connect(await tempFolder(), { args, env: { XOPC_GATEWAY_URL: gateway.url, XOPC_GATEWAY_TOKEN: token } })
}

it('works with a gateway elsewhere, as far as the token goes, and never shows it', async () => {
  const peer = await connectFar(['--pin'])
  const { stdout } = await gateway.xopc(['status', '--json'])
  // `as`: the overview's own form.
  const { gatewayId } = JSON.parse(stdout) as { gatewayId: string }
  expect((await peer.call('status')).reply).toMatchObject({ running: true, gatewayId })
  expect(codeOf(await peer.call('disable', { method: 'lan' }))).toBe('SCOPE_MISSING')
  expect(codeOf(await peer.call('pair'))).toBe('SCOPE_MISSING')
  expect(peer.stdout() + peer.stderr()).not.toContain(token)
  expectPure(peer)
})

it('a key that nobody looked at is not taken over plain http: nobody is asked on the pipe of the client', async () => {
  const peer = await connectFar([])
  expect(codeOf(await peer.call('status'))).toBe('PIN_REQUIRED')
  expectPure(peer)
})
