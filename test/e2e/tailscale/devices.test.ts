import { beforeAll, expect, it } from 'vitest'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway, tailnetXopc } from '../../support/tailnet/gateway.ts'

const a = 'https://node-a.xopc-test.ts.net'

// What a device in the tailnet does with the gateway there: join, use it, and let commands act on it.
needsPeer([...tailnetPeers, 'tun'], 'a device in the tailnet', () => {
  let [tailnet, gateway]: [Tailnet, RunningGateway] = [undefined as never, undefined as never]
  beforeAll(async () => {
    tailnet = await startTailnet({ tun: 'b' })
    gateway = await startTailnetGateway(tailnet, 'a')
    await gateway.xopc(['tailscale', 'serve'])
  }, 60_000)

  it('is offered the address, with what it takes', async () => {
    const context = await (await gateway.fetch('/api/tunnel/pair/context')).json()
    expect(context).toMatchObject({ recommended: a, blockReason: null })
    expect(context.candidates[0]).toMatchObject({ kind: 'tailscale', url: a, reachable: true, note: expect.stringContaining('tailnet') })
  })

  it('joins by a code, and comes in with its own token', async () => {
    const code = JSON.parse((await gateway.xopc(['pair', '--timeout', '0', '--json'])).stdout)
    const link = readAppLink(code.links.app)
    expect(link).toMatchObject({ baseUrl: a })
    const joined = await tailnet.fetchFrom('b', `${a}/api/tunnel/exchange-token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pairingSecret: link?.secret, deviceName: 'Phone', platform: 'android' }),
    })
    expect(joined.status).toBe(200)
    const { token, connectUrls, lanUrl } = JSON.parse(joined.body)
    expect([connectUrls, lanUrl]).toEqual([[a], null])
    const headers = { authorization: `Bearer ${token}` }
    expect((await tailnet.fetchFrom('b', `${a}/api/overview`, { headers })).status).toBe(200)
    const { stdout } = await gateway.xopc(['devices', 'list', '--json'])
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ name: 'Phone', lastIngress: 'tailscale', lastIp: tailnet.node('b').ip }),
    )
  })

  it('lets its commands act on the gateway over there, once that has proven its key', async () => {
    const options = { hosts: { 'node-a.xopc-test.ts.net': tailnet.node('a').ip }, env: { XOPC_GATEWAY_TOKEN: gateway.token } }
    const ran = await tailnetXopc(tailnet, 'b', ['tailscale', 'status', '--json', '--url', a], options)
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('First time at')])
    expect(JSON.parse(ran.stdout)).toMatchObject({ id: 'tailscale', state: { phase: 'on', urls: [a] } })
  })
})
