import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { a, entries, served, stateOf, untilState } from './house.ts'

needsPeer(tailnetPeers, 'changes at the same moment', () => {
  let [tailnet, gateway]: [Tailnet, RunningGateway] = [undefined as never, undefined as never]
  beforeAll(async () => {
    tailnet = await startTailnet()
    gateway = await startTailnetGateway(tailnet, 'a')
  })
  afterEach(async () => {
    const { code, stdout, stderr } = await gateway.xopc(['tailscale', 'off'])
    if (code !== 0 || (await served(tailnet)) !== '{}') throw new Error(stdout + stderr)
  })
  const xopc = (...args: string[]) => gateway.xopc(['tailscale', ...args])
  const on = (port: number) => xopc('serve', '--port', String(port))
  const cli = (...args: string[]) => tailnet.cli('a', args)

  /** On with just one entry at one of these ports, or off with none. */
  async function restsAt(ports: readonly number[]): Promise<void> {
    await expect.poll(async () => (await stateOf(gateway)).phase, { timeout: 10_000 }).toMatch(/^(on|off)$/)
    const state = await stateOf(gateway)
    const now = Object.keys(await entries(tailnet))
    if (state.phase === 'on') {
      const [url = ''] = state.urls
      const port = Number(new URL(url).port) || 443
      expect([ports, now]).toEqual([expect.arrayContaining([port]), [`${port}/`]])
      expect(await tailnet.fetchFrom('b', `${url}/health`)).toMatchObject({ status: 200 })
    } else expect(now).toEqual([])
  }

  it('two commands that want the same: one entry', async () => {
    const both = await Promise.all([on(443), on(443)])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    await untilState(gateway, { phase: 'on', urls: [a] })
    await restsAt([443])
  })

  it('two that want different ports: one of them', async () => {
    await Promise.all([on(443), on(8443)])
    await restsAt([443, 8443])
    expect((await stateOf(gateway)).phase).toBe('on')
  })

  it.each([1, 2, 3])('on and off: one of the two, and what is said is true (%i)', async () => {
    await Promise.all([on(443), xopc('off')])
    await restsAt([443])
  })

  it('off in the middle of going on', async () => {
    const going = on(443)
    await expect.poll(async () => (await stateOf(gateway)).phase, { timeout: 5000, interval: 10 }).not.toBe('off')
    expect(await xopc('off')).toMatchObject({ code: 0 })
    expect((await going).code).toBe(1)
    expect([await stateOf(gateway), await served(tailnet)]).toEqual([{ phase: 'off' }, '{}'])
  })

  describe('by somebody else', () => {
    const theirs = ['/one', '/two', '/three'].map((path, index) => [path, `http://127.0.0.1:${3001 + index}`] as const)
    const others = async () => Object.fromEntries(Object.entries(await entries(tailnet)).filter(([place]) => place !== '443/'))

    /** Puts entries beside ours and takes them away, as long as something else goes on; gives how often that was done. */
    async function meanwhile(work: Promise<unknown>): Promise<number> {
      let [going, rounds] = [true, 0]
      const ended = work.finally(() => (going = false))
      while (going) {
        for (const [path, target] of theirs) await change('--bg', `--set-path=${path}`, target)
        expect(await others()).toEqual(Object.fromEntries(theirs.map(([path, target]) => [`443${path}`, target])))
        for (const [path] of theirs) await change(`--set-path=${path}`, 'off')
        expect(await others()).toEqual({})
        rounds++
      }
      await ended
      return rounds
    }

    /** Tailscale refuses a change that another one overtook: who made it tries again. */
    async function change(...args: string[]): Promise<void> {
      for (let tries = 0; ; tries++) {
        const { code, stderr } = await cli('serve', '--https=443', ...args)
        if (code === 0) return
        if (tries > 20 || !stderr.includes('Another client is changing')) throw new Error(stderr)
      }
    }

    it('while we switch on and off: nothing of theirs is lost, and ours is what was asked for last', async () => {
      const switching = async () => {
        for (let round = 0; round < 3; round++) {
          expect(await on(443)).toMatchObject({ code: 0 })
          expect(await xopc('off')).toMatchObject({ code: 0 })
        }
        expect(await on(443)).toMatchObject({ code: 0 })
      }
      expect(await meanwhile(switching())).toBeGreaterThan(10)
      await untilState(gateway, { phase: 'on', urls: [a] })
      await restsAt([443])
    })
  })
})
