import { existsSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'
import { frpsOf, type RunningBroker, startBroker } from '../broker/house.ts'
import {
  askControl,
  millisecondsUntil,
  startTunnel,
  tunnelGateway,
  tunnelOf,
  tunnelPeers,
  untilVerified,
  untilView,
  viewOf,
  visit,
} from './house.ts'

needsPeer(tunnelPeers, 'what breaks is named while it lasts, and mended', (frps, frpc) => {
  async function opened(own?: RunningBroker): Promise<{ broker: RunningBroker; gateway: RunningGateway; url: string }> {
    const broker = own ?? (await startBroker(frps))
    const gateway = await tunnelGateway(frpc, broker.url)
    const url = await startTunnel(gateway)
    return { broker, gateway, url }
  }
  const pidOf = async (gateway: RunningGateway): Promise<number> => (await tunnelOf(gateway)).frpcPid ?? 0
  /** Another frpc holds the tunnel, and visitors were seen to come through it. */
  const isMended = async (gateway: RunningGateway, before: number): Promise<boolean> => {
    const { state } = await viewOf(gateway)
    const pid = await pidOf(gateway)
    return state.phase === 'on' && state.verified !== null && pid !== before && pid !== 0
  }
  /** Every code that the status said meanwhile. */
  async function codesWhile(gateway: RunningGateway, work: () => Promise<unknown>): Promise<Set<string>> {
    const codes = new Set<string>()
    const closing = new AbortController()
    const look = async (): Promise<void> => {
      while (!closing.signal.aborted) {
        const { state } = await viewOf(gateway)
        if (state.phase === 'degraded') codes.add(state.error.code)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const looking = look()
    await work().finally(() => closing.abort())
    await looking
    return codes
  }

  describe('frpc', () => {
    it.each([
      ['killed', 'SIGKILL', 'TUNNEL_FRPC_ENDED'],
      ['ended', 'SIGTERM', 'TUNNEL_FRPC_ENDED'],
      ['frozen', 'SIGSTOP', 'TUNNEL_FRPC_FROZEN'],
    ] as const)('%s: verified again within 5 s', async (_, signal, code) => {
      const { gateway, url } = await opened()
      const before = await pidOf(gateway)
      const codes = await codesWhile(gateway, async () => {
        process.kill(before, signal)
        expect(await millisecondsUntil(async () => await isMended(gateway, before), 10_000)).toBeLessThan(5000)
      })
      expect([...codes]).toContain(code)
      expect((await visit(`${url}/health`)).status).toBe(200)
    })

    it('taken away and then killed: says that it is missing, and goes on once it is back', async () => {
      const own = join(await tempFolder(), 'frpc')
      await copyFile(frpc, own)
      const broker = await startBroker(frps)
      const gateway = await tunnelGateway(own, broker.url)
      const url = await startTunnel(gateway)
      await rm(own)
      process.kill(await pidOf(gateway), 'SIGKILL')
      await untilView(gateway, { state: { phase: 'degraded', urls: [url], error: { code: 'FRPC_PATH_MISSING' } } })
      await copyFile(frpc, own)
      expect(await untilVerified(gateway)).toBe(url)
    })

    it('has nothing of the lease in its arguments, and ends with a gateway that is killed', async () => {
      const { gateway } = await opened()
      const pid = await pidOf(gateway)
      const { stdout } = await run(['ps', '-o', 'args=', '-p', String(pid)])
      expect(stdout.trim()).toMatch(/frpc -c \S+\/run\/frpc\.toml$/)
      await gateway.kill9()
      await millisecondsUntil(async () => (await run(['ps', '-o', 'pid=', '-p', String(pid)])).stdout.trim() === '', 6000)
    })
  })

  describe('the broker', () => {
    it('whose frps is killed: verified again within 5 s, at the same address', async () => {
      const { broker, gateway, url } = await opened()
      const before = await pidOf(gateway)
      const server = await frpsOf(broker, frps)
      const codes = await codesWhile(gateway, async () => {
        process.kill(server, 'SIGKILL')
        await millisecondsUntil(async () => (await viewOf(gateway)).state.phase !== 'on', 5000)
        expect(await millisecondsUntil(async () => (await viewOf(gateway)).state.phase === 'on', 10_000)).toBeLessThan(5000)
        expect(await untilVerified(gateway)).toBe(url)
      })
      expect([...codes]).toContain('TUNNEL_SERVER_UNREACHABLE')
      expect(before).not.toBe(0)
    })

    it('that is killed, and started again: the same name, the same lease', async () => {
      const stateDir = await tempFolder()
      const port = '7311'
      const args = ['--dev', '--port', port]
      const { broker, gateway, url } = await opened(await startBroker(frps, { stateDir, args }))
      broker.kill('SIGKILL')
      await broker.ended
      await untilView(gateway, { state: { phase: 'degraded', error: { code: 'TUNNEL_SERVER_UNREACHABLE' } } })
      expect(await tunnelOf(gateway)).toMatchObject({ state: 'reconnecting', publicUrl: url })
      await startBroker(frps, { stateDir, args })
      expect(await millisecondsUntil(async () => (await viewOf(gateway)).state.phase === 'on', 10_000)).toBeLessThan(10_000)
      expect(await untilVerified(gateway)).toBe(url)
    })

    it('that is away at a start is tried again by itself', async () => {
      const stateDir = await tempFolder()
      const args = ['--dev', '--port', '7312']
      const gateway = await tunnelGateway(frpc, 'http://127.0.0.1:7312/api')
      const ran = await gateway.xopc(['tunnel', 'start'])
      expect([ran.code, ran.stdout]).toEqual([1, expect.stringContaining('nobody listens there')])
      await untilView(gateway, { intended: true, state: { phase: 'failed', error: { code: 'TUNNEL_BROKER_UNREACHABLE' } } })
      await startBroker(frps, { stateDir, args })
      await untilVerified(gateway, 30_000)
    })
  })

  it('a server that says nothing at a start is named, and waited for, before it is tried anew', { timeout: 120_000 }, async () => {
    const broker = await startBroker(frps)
    const gateway = await tunnelGateway(frpc, broker.url)
    const server = await frpsOf(broker, frps)
    process.kill(server, 'SIGSTOP')
    try {
      await gateway.xopc(['tunnel', 'start'], { timeoutMs: 60_000 })
      const { state } = await untilView(gateway, { state: { phase: 'failed', error: { code: 'TUNNEL_SERVER_UNREACHABLE' } } }, 60_000)
      const retryAt = state.phase === 'failed' ? Date.parse(state.retryAt ?? '') : 0
      expect(retryAt).toBeGreaterThan(Date.now())
    } finally {
      process.kill(server, 'SIGCONT')
    }
    await untilVerified(gateway, 40_000)
  })

  describe('the gateway', () => {
    it('that is killed leaves the token of its lease in no file, once the tunnel is stopped', async () => {
      const { gateway } = await opened()
      await gateway.kill9()
      const written = join(gateway.stateDir, 'run', 'frpc.toml')
      expect(existsSync(written)).toBe(true)
      expect((await gateway.xopc(['tunnel', 'stop'])).code).toBe(0)
      expect(existsSync(written)).toBe(false)
    })

    it('that is killed opens nothing at its next start, and gets its name again when it is asked', async () => {
      const { broker, gateway, url } = await opened()
      await gateway.kill9()
      expect(await millisecondsUntil(async () => (await visit(`${url}/health`)).status === 404, 5000)).toBeLessThan(5000)
      const next = await tunnelGateway(frpc, broker.url, { stateDir: gateway.stateDir })
      expect(await viewOf(next)).toMatchObject({ intended: false, state: { phase: 'off' } })
      expect(await tunnelOf(next)).toMatchObject({ enabled: false })
      expect(await startTunnel(next)).toBe(url)
    })

    it('that is killed opens the tunnel at its next start where that is asked for', async () => {
      const { broker, gateway, url } = await opened()
      expect(await askControl(gateway, '/config', 'PATCH', { 'tunnel.autoStart': true })).toMatchObject({ status: 200 })
      await gateway.kill9()
      const next = await tunnelGateway(frpc, broker.url, { stateDir: gateway.stateDir })
      expect(await untilVerified(next)).toBe(url)
    })
  })
})
