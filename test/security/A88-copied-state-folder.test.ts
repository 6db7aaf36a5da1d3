import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { overviewOf, readJson, tunnelGateway, tunnelPeers, viewOf, visit } from '../e2e/tunnel/house.ts'
import { tempFolder } from '../support/cleanup.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// A state folder that was copied holds everything by which the broker knows the gateway: the key, the tunnel and its token. Whoever starts the copy
// could take the public name, and every visitor with it.

needsPeer(tunnelPeers, 'a gateway that was started from a copy of another one’s state folder', (frps, frpc) => {
  let house: TunnelHouse
  let copy: RunningGateway
  beforeAll(async () => {
    house = await openTunnelHouse({ programs: [frps, frpc] })
    copy = await tunnelGateway(frpc, house.broker.url, { stateDir: await copied(house.gateway.stateDir) })
  }, 60_000)

  async function copied(from: string): Promise<string> {
    const to = join(await tempFolder(), 'copy')
    await cp(from, to, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    await rm(join(to, 'run'), { recursive: true })
    return to
  }
  const codes = async (gateway: RunningGateway): Promise<string[]> => (await overviewOf(gateway)).conflicts.map(({ code }) => code)
  const pid = async (): Promise<unknown> =>
    (await house.gateway.xopc(['tunnel', 'status', '--json'])).stdout.match(/"frpcPid": ?(\d+)/)?.[1]

  it('does not get the name, however often it asks, and takes nobody away from the first', { timeout: 60_000 }, async () => {
    const frpcBefore = await pid()
    const visits: number[] = []
    let asking = true
    const visiting = (async () => {
      for (; asking; await sleep(50)) visits.push((await visit(`${house.url}/health`)).status)
    })()
    try {
      for (const args of [['start'], ['start', '--for', '1h'], ['start']]) {
        const ran = await copy.xopc(['tunnel', ...args, '--json'], { timeoutMs: 30_000 })
        expect([ran.code, readJson(ran)]).toMatchObject([
          1,
          { state: 'error', publicUrl: null, lastError: { code: 'TUNNEL_IDENTITY_IN_USE' } },
        ])
        expect(await viewOf(copy)).toMatchObject({ state: { phase: 'blocked', needs: { code: 'TUNNEL_IDENTITY_IN_USE' } } })
      }
      // A fast computer is done before anybody was turned away.
      while (visits.length <= 20) await sleep(50)
    } finally {
      asking = false
      await visiting
    }
    expect(new Set(visits)).toEqual(new Set([200]))
    expect(await pid()).toBe(frpcBefore)
    expect(await viewOf(house.gateway)).toMatchObject({ state: { phase: 'on', urls: [house.url], verified: { verdict: { ok: true } } } })
    // Visitors are where they were: the token of the first one is good, and the copy has the same.
    const who = async (): Promise<unknown> => (await house.visitor.ask('GET /xopc/api/probe/request', [house.bearer])).status
    expect(await who()).toBe(200)
  })

  it('says so in its overview, and the first one says so in its own by its next heartbeat', { timeout: 40_000 }, async () => {
    const { conflicts } = await overviewOf(copy)
    expect(conflicts).toMatchObject([
      {
        code: 'TUNNEL_IDENTITY_IN_USE',
        message: expect.stringContaining(house.url),
        fix: { title: expect.stringContaining('identity.json') },
      },
    ])
    await expect.poll(() => codes(house.gateway), { timeout: 25_000, interval: 250 }).toEqual(['TUNNEL_IDENTITY_SHARED'])
    expect((await viewOf(house.gateway)).warning).toMatchObject({ code: 'TUNNEL_IDENTITY_SHARED' })
    const told = await house.gateway.xopc(['status'])
    expect(told.stdout + told.stderr).toContain('Another gateway with the identity of this one')
    expect(await viewOf(house.gateway)).toMatchObject({ state: { phase: 'on' } })
  })

  it('gets it once the first one has ended, and is asked again', { timeout: 60_000 }, async () => {
    await house.gateway.stop()
    const ran = await copy.xopc(['tunnel', 'start', '--json'], { timeoutMs: 60_000 })
    expect([ran.code, readJson(ran)]).toMatchObject([0, { publicUrl: house.url }])
    expect((await visit(`${house.url}/health`)).status).toBe(200)
    expect(await codes(copy)).not.toContain('TUNNEL_IDENTITY_IN_USE')
  })
})
