import { beforeAll, beforeEach, expect, it } from 'vitest'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { a, asJson, entries, served, switchOn, untilState } from './house.ts'

const waitsFor = (code: string) => ({ phase: 'blocked', needs: { code } })

needsPeer(tailnetPeers, 'what becomes of Tailscale while the gateway is on it', () => {
  let [tailnet, gateway]: [Tailnet, RunningGateway] = [undefined as never, undefined as never]
  beforeAll(async () => {
    tailnet = await startTailnet()
    // As on a computer of its own: where it sees the daemon of another node, `tailscale` waits longer for its own.
    gateway = await startTailnetGateway(tailnet, 'a', { env: { XOPC_TAILSCALE_PATH: tailnet.node('a').tailscaleAlone } })
  })
  beforeEach(async () => await switchOn(gateway))
  const cli = (...args: string[]) => tailnet.cli('a', args)
  const isLocal = async () => expect((await gateway.fetch('/health')).status).toBe(200)

  it('stopped, and connected again', async () => {
    await cli('down')
    await untilState(gateway, { ...waitsFor('TAILSCALE_STOPPED'), command: 'tailscale up' })
    await isLocal()
    await tailnet.join('a')
    await untilState(gateway, { phase: 'on', urls: [a] })
    expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
  })

  it('expired, and valid again', async () => {
    await tailnet.admin('expire?on=1')
    await untilState(gateway, waitsFor('TAILSCALE_LOGGED_OUT'))
    await isLocal()
    await tailnet.admin('expire?on=0')
    await tailnet.until('b', 'to run again', ({ BackendState }) => BackendState === 'Running')
    await untilState(gateway, { phase: 'on', urls: [a] })
  })

  it('killed, and started again', async () => {
    await tailnet.killDaemon('a')
    await untilState(gateway, waitsFor('TAILSCALE_NOT_RUNNING'), 20_000)
    await isLocal()
    await tailnet.restartDaemon('a')
    await untilState(gateway, { phase: 'on', urls: [a] })
    expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
  })

  it('killed while it is switched off: said, and taken out once it runs again', async () => {
    await tailnet.killDaemon('a')
    const { code, json } = await asJson(gateway.xopc, ['tailscale', 'off'])
    expect([code, json]).toMatchObject([1, { phase: 'failed', error: { code: 'TAILSCALE_ENTRY_LEFT' } }])
    await expect(tailnet.fetchFrom('b', `${a}/health`)).rejects.toThrow()
    await tailnet.restartDaemon('a')
    // Tries come less often, the longer it was away.
    await expect.poll(async () => await served(tailnet), { timeout: 60_000 }).toBe('{}')
    await untilState(gateway, { phase: 'off' })
  }, 90_000)

  it('logged out, and in again', async () => {
    await cli('logout')
    await untilState(gateway, waitsFor('TAILSCALE_LOGGED_OUT'))
    await isLocal()
    await tailnet.join('a')
    // To this control server it is one more computer of the same name, to which the name leads only from elsewhere: it cannot see itself.
    await expect.poll(async () => await entries(tailnet), { timeout: 10_000 }).toHaveProperty(['443/'])
    expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
  })
})
