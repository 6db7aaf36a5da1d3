import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { GatewayOptions, RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway, tailnetXopc } from '../../support/tailnet/gateway.ts'
import { a, asJson, entries, fileOf, served, stateOf, untilState } from './house.ts'

const asked = (tailscale: object) => ({ config: { gateway: { tailscale } } })
const ours = { '443/': expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) }

needsPeer(tailnetPeers, 'how long the gateway stays on Tailscale', () => {
  let tailnet: Tailnet = undefined as never
  beforeAll(async () => {
    tailnet = await startTailnet()
  })
  beforeEach(async () => await becomesEmpty())
  const gatewayAt = (options: GatewayOptions = {}) => startTailnetGateway(tailnet, 'a', options)
  const isEmpty = async () => expect(await served(tailnet)).toBe('{}')
  const becomesEmpty = async () => await expect.poll(async () => await served(tailnet), { timeout: 10_000 }).toBe('{}')
  const isOn = async (gateway: RunningGateway) => await untilState(gateway, { phase: 'on', urls: [a] })

  describe('for one run, by flags', () => {
    it('serves, takes the entry out at the end, and leaves the file as it is', async () => {
      const text = '// mine\n{gateway: {port: 0, auth: {token: "0123456789abcdef0123456789abcdef"}, tailscale: {resetOnExit: false}}}\n'
      const gateway = await gatewayAt({ config: text, args: ['--tailscale', 'serve', '--tailscale-reset-on-exit'] })
      await isOn(gateway)
      expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
      expect(await gateway.stop()).toBe(0)
      await isEmpty()
      expect(await fileOf(gateway)).toBe(text)
    })

    it('stays off where the file says serve', async () => {
      const gateway = await gatewayAt({ ...asked({ mode: 'serve' }), args: ['--tailscale', 'off'] })
      expect(await stateOf(gateway)).toEqual({ phase: 'off' })
      await isEmpty()
      await gateway.stop()
    })
  })

  describe('resetOnExit', () => {
    it('true: gone with the gateway; after kill -9 with the next start that does not want it', async () => {
      const gateway = await gatewayAt(asked({ mode: 'serve' }))
      await isOn(gateway)
      await gateway.kill9()
      expect(await entries(tailnet)).toEqual(ours)
      const next = await gatewayAt({ stateDir: gateway.stateDir, ...asked({ mode: 'off' }) })
      await becomesEmpty()
      expect(await stateOf(next)).toEqual({ phase: 'off' })
      await next.stop()
    })

    it('false: stays after the end, and a restart keeps the entry and its port', async () => {
      const gateway = await gatewayAt(asked({ mode: 'serve', resetOnExit: false }))
      await isOn(gateway)
      const before = await served(tailnet)
      expect(await gateway.stop()).toBe(0)
      expect(await served(tailnet)).toBe(before)
      expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 502 })
      const next = await gatewayAt({ stateDir: gateway.stateDir })
      await isOn(next)
      expect(await served(tailnet)).toBe(before)
      expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
      await next.stop()
      // No gateway runs now.
      expect(await next.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
      await isEmpty()
    })

    it('false: stays after kill -9 and a start that does not want it, until off', async () => {
      const gateway = await gatewayAt(asked({ mode: 'serve', resetOnExit: false }))
      await isOn(gateway)
      const before = await served(tailnet)
      await gateway.kill9()
      const next = await gatewayAt({ stateDir: gateway.stateDir, args: ['--tailscale', 'off'] })
      await sleep(1000)
      expect(await stateOf(next)).toEqual({ phase: 'off' })
      expect(await served(tailnet)).toBe(before)
      expect(await next.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
      await isEmpty()
      await next.stop()
    })

    it('counts as it is at the end: false, and true while it is on', async () => {
      const gateway = await gatewayAt(asked({ mode: 'serve', resetOnExit: false }))
      await isOn(gateway)
      await gateway.xopc(['config', 'set', 'gateway.tailscale.resetOnExit=true'])
      const noted = async () => await readFile(join(gateway.stateDir, 'exposures.json'), 'utf8')
      await expect.poll(noted, { timeout: 10_000 }).toContain('"keep": false')
      await gateway.stop()
      await isEmpty()
    })

    it('true: an entry that could not be reached at the end goes once it can', async () => {
      const gateway = await gatewayAt(asked({ mode: 'serve' }))
      await isOn(gateway)
      await tailnet.cli('a', ['down'])
      await gateway.stop()
      const next = await gatewayAt({ stateDir: gateway.stateDir, ...asked({ mode: 'off' }) })
      await untilState(next, { phase: 'failed', error: { code: 'TAILSCALE_ENTRY_LEFT' } })
      await tailnet.join('a')
      await untilState(next, { phase: 'off' }, 20_000)
      await isEmpty()
      await next.stop()
    })
  })

  describe('--for', () => {
    it('survives kill -9, closes by itself, and is not reopened', async () => {
      const gateway = await gatewayAt()
      const file = await fileOf(gateway)
      const begin = Date.now()
      const { code, stdout } = await gateway.xopc(['tailscale', 'serve', '--for', '15s'])
      expect([code, stdout]).toEqual([0, expect.stringContaining('It closes by itself after 15s.')])
      await gateway.kill9()
      const next = await gatewayAt({ stateDir: gateway.stateDir })
      await isOn(next)
      const { json } = await asJson(next.xopc, ['tailscale', 'status'])
      // `as`: matched right below.
      const { closesAt } = json as { closesAt: string }
      expect(Date.parse(closesAt) - begin).toBeGreaterThan(14_000)
      expect(Date.parse(closesAt) - begin).toBeLessThan(20_000)
      await untilState(next, { phase: 'off' }, 20_000)
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(closesAt))
      await becomesEmpty()
      expect(await fileOf(next)).toBe(file)
      await next.stop()
      const third = await gatewayAt({ stateDir: gateway.stateDir })
      expect(await stateOf(third)).toEqual({ phase: 'off' })
      await third.stop()
    })

    it('ends also where the deadline is over by the next start, whatever resetOnExit says', async () => {
      const gateway = await gatewayAt(asked({ resetOnExit: false }))
      const { code, stderr } = await gateway.xopc(['tailscale', 'serve', '--for', '10s'])
      expect(code, stderr).toBe(0)
      await gateway.kill9()
      expect(await entries(tailnet)).toEqual(ours)
      await sleep(10_000)
      const next = await gatewayAt({ stateDir: gateway.stateDir })
      await becomesEmpty()
      expect(await stateOf(next)).toEqual({ phase: 'off' })
      await next.stop()
    })

    it('ends with off before its time', async () => {
      const gateway = await gatewayAt()
      await gateway.xopc(['tailscale', 'serve', '--for', '1h', '--port', '8443'])
      await untilState(gateway, { phase: 'on', urls: [`${a}:8443`] })
      expect(await gateway.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
      await isEmpty()
      expect(await readFile(join(gateway.stateDir, 'exposures.json'), 'utf8')).toContain('"openings": {}')
      await gateway.stop()
    })
  })

  describe('a note that cannot be read', () => {
    it('touches nothing outside, says so, and keeps nobody out of the local door', async () => {
      const gateway = await gatewayAt(asked({ mode: 'serve' }))
      await isOn(gateway)
      await gateway.kill9()
      const before = await served(tailnet)
      const note = join(gateway.stateDir, 'exposures.json')
      await writeFile(note, 'not what it was')
      const next = await gatewayAt({ stateDir: gateway.stateDir })
      await untilState(next, { phase: 'failed', error: { code: 'EXPOSURES_BROKEN' } })
      expect(await next.xopc(['tailscale', 'status'])).toMatchObject({ code: 0, stdout: expect.stringContaining('It was left as it is.') })
      expect(await next.xopc(['tailscale', 'off'])).toMatchObject({ code: 1 })
      expect((await next.fetch('/health')).status).toBe(200)
      expect(await next.stop()).toBe(0)
      expect([await served(tailnet), await readFile(note, 'utf8')]).toEqual([before, 'not what it was'])
      const offline = await tailnetXopc(tailnet, 'a', ['tailscale', 'off'], { stateDir: gateway.stateDir })
      expect(offline).toMatchObject({ code: 3, stderr: expect.stringContaining('EXPOSURES_BROKEN') })
      expect(await served(tailnet)).toBe(before)
      await tailnet.cli('a', ['serve', '--https=443', 'off'])
    })
  })
})
