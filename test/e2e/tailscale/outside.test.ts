import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { a, asJson, entries, served, switchOn, untilState } from './house.ts'

/** Longer than the gateway goes without looking. */
const oneLookMs = 5000
const changed = { phase: 'blocked', needs: { code: 'CHANGED_OUTSIDE' } }

needsPeer(tailnetPeers, 'our entry, changed by hand', () => {
  let [tailnet, gateway]: [Tailnet, RunningGateway] = [undefined as never, undefined as never]
  beforeAll(async () => {
    tailnet = await startTailnet()
    gateway = await startTailnetGateway(tailnet, 'a')
  })
  beforeEach(async () => await switchOn(gateway))
  const cli = (...args: string[]) => tailnet.cli('a', args)
  const target = async () => (await entries(tailnet))['443/'] ?? ''
  const isLocal = async () => expect((await gateway.fetch('/health')).status).toBe(200)

  it('removed: shown and respected, until a person asks here again', async () => {
    await cli('serve', '--https=443', 'off')
    expect(await untilState(gateway, changed)).toMatchObject({ command: 'xopc tailscale serve' })
    expect(await gateway.xopc(['tailscale', 'status', '--check'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('removed or changed by somebody else'),
    })
    await sleep(oneLookMs)
    expect(await served(tailnet)).toBe('{}')
    expect(await gateway.xopc(['config', 'set', 'gateway.auth.rateLimit.maxAttempts=9'])).toMatchObject({ code: 0 })
    await untilState(gateway, changed)
    const { code, json } = await asJson(gateway.xopc, ['tailscale', 'serve'])
    expect([code, json]).toMatchObject([0, { phase: 'on', urls: [a] }])
    expect(await entries(tailnet)).toHaveProperty(['443/'])
  })

  it('all of it reset: the same', async () => {
    await cli('serve', 'reset')
    await untilState(gateway, changed)
    await isLocal()
  })

  it('led elsewhere: what is there now stays, and is told', async () => {
    await cli('serve', '--bg', '--https=443', 'http://127.0.0.1:3000')
    const before = await served(tailnet)
    await untilState(gateway, changed)
    const { code, json } = await asJson(gateway.xopc, ['tailscale', 'serve'])
    expect([code, json]).toMatchObject([1, { phase: 'blocked', needs: { code: 'TAILSCALE_PORT_TAKEN' } }])
    expect(await gateway.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
    expect(await served(tailnet)).toBe(before)
    await cli('serve', '--https=443', 'off')
  })

  it('opened to the internet: our door closes, and off takes the entry out', async () => {
    await cli('funnel', '--bg', '--https=443', await target())
    expect(await tailnet.funnelVisit(`${a}/health`)).toMatchObject({ status: 200 })
    await untilState(gateway, changed)
    expect(await tailnet.funnelVisit(`${a}/health`)).toMatchObject({ status: 502 })
    expect(await gateway.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
    expect(await served(tailnet)).toBe('{}')
  })

  it('opened to the internet and then asked for here again: for the tailnet alone', async () => {
    await cli('funnel', '--bg', '--https=443', await target())
    await untilState(gateway, changed)
    expect(await gateway.xopc(['tailscale', 'serve'])).toMatchObject({ code: 0 })
    await expect(tailnet.funnelVisit(`${a}/health`)).rejects.toThrow('403')
    expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
  })

  it('another path of our port opened to the internet, and ours with it: our door closes, off leaves theirs', async () => {
    await cli('funnel', '--bg', '--https=443', '--set-path=/x', 'http://127.0.0.1:3000')
    expect(await tailnet.funnelVisit(`${a}/health`)).toMatchObject({ status: 200 })
    await untilState(gateway, changed)
    expect(await tailnet.funnelVisit(`${a}/health`)).toMatchObject({ status: 502 })
    expect(await gateway.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
    expect(await entries(tailnet)).toEqual({ '443/x': 'http://127.0.0.1:3000' })
    // Nobody answers behind it, but Funnel leads there as before.
    expect(await tailnet.funnelVisit(`${a}/x`)).toMatchObject({ status: 502 })
    await cli('funnel', '--https=443', '--set-path=/x', 'off')
  })
})
