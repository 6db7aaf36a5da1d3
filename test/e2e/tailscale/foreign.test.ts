import { once } from 'node:events'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { start } from '../../support/run.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { a, asJson, entries, served, stateOf, untilState } from './house.ts'

const mode = (value: 'serve' | 'off') => ({ gateway: { tailscale: { mode: value } } })

needsPeer(tailnetPeers, 'what somebody else serves', () => {
  let [tailnet, before]: [Tailnet, string] = [undefined as never, '']
  const serve = async (...args: string[]) => {
    const { code, stderr } = await tailnet.cli('a', ['serve', '--bg', ...args])
    if (code !== 0) throw new Error(stderr)
  }
  beforeAll(async () => {
    tailnet = await startTailnet()
    await serve('--https=443', '--set-path=/photos', 'http://127.0.0.1:2342')
    await serve('--https=10000', 'http://127.0.0.1:8123')
    await serve('--tcp=2222', 'tcp://127.0.0.1:22')
    before = await served(tailnet)
  })

  /** Everything but our path, as Tailscale writes it. */
  async function others(): Promise<string> {
    const all = JSON.parse(await served(tailnet))
    delete all.Web['node-a.xopc-test.ts.net:443'].Handlers['/']
    return JSON.stringify(all)
  }

  async function isOn(gateway: RunningGateway): Promise<void> {
    await untilState(gateway, { phase: 'on', urls: [a] })
    expect(await others()).toBe(JSON.stringify(JSON.parse(before)))
    expect(await entries(tailnet)).toHaveProperty(['443/'])
    expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
  }

  describe('stays byte for byte', () => {
    it.each<[string, (gateway: RunningGateway) => Promise<unknown>]>([
      ['after off', async ({ xopc }) => expect(await xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })],
      ['after a change of the file', async ({ xopc }) => await xopc(['config', 'set', 'gateway.tailscale.mode=off'])],
    ])('%s', async (_, end) => {
      const gateway = await startTailnetGateway(tailnet, 'a', { config: mode('serve') })
      await isOn(gateway)
      await end(gateway)
      await untilState(gateway, { phase: 'off' })
      expect(await served(tailnet)).toBe(before)
      expect((await gateway.fetch('/health')).status).toBe(200)
      expect(await gateway.stop()).toBe(0)
    })

    it.each<[string, NodeJS.Signals]>([
      ['Ctrl-C', 'SIGINT'],
      ['the end that a system asks for', 'SIGTERM'],
    ])('after %s', async (_, signal) => {
      const gateway = await startTailnetGateway(tailnet, 'a', { config: mode('serve') })
      await isOn(gateway)
      process.kill(gateway.pid, signal)
      expect(await gateway.stop()).toBe(0)
      expect(await served(tailnet)).toBe(before)
    })

    it('after kill -9, a start that serves, another kill -9, and a start that does not', async () => {
      const first = await startTailnetGateway(tailnet, 'a', { config: mode('serve') })
      await isOn(first)
      const whileOn = await served(tailnet)
      await first.kill9()
      expect(await served(tailnet)).toBe(whileOn)
      const second = await startTailnetGateway(tailnet, 'a', { stateDir: first.stateDir })
      await isOn(second)
      expect(await served(tailnet)).toBe(whileOn)
      await second.kill9()
      const third = await startTailnetGateway(tailnet, 'a', { stateDir: first.stateDir, args: ['--tailscale', 'off'] })
      await expect.poll(async () => await served(tailnet), { timeout: 10_000 }).toBe(before)
      expect(await stateOf(third)).toEqual({ phase: 'off' })
      await third.stop()
    })

    it('where it came while we were on', async () => {
      const gateway = await startTailnetGateway(tailnet, 'a', { config: mode('serve') })
      await isOn(gateway)
      await serve('--https=443', '--set-path=/late', 'http://127.0.0.1:9999')
      await serve('--https=8443', 'http://127.0.0.1:9998')
      expect(await gateway.xopc(['tailscale', 'serve'])).toMatchObject({ code: 0 })
      expect(await gateway.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
      expect(await entries(tailnet)).toEqual({
        '443/photos': 'http://127.0.0.1:2342',
        '443/late': 'http://127.0.0.1:9999',
        '8443/': 'http://127.0.0.1:9998',
        '10000/': 'http://127.0.0.1:8123',
      })
      await tailnet.cli('a', ['serve', '--https=443', '--set-path=/late', 'off'])
      await tailnet.cli('a', ['serve', '--https=8443', 'off'])
      expect(await served(tailnet)).toBe(before)
      await gateway.stop()
    })

    it('is shown, and whose it is', async () => {
      const gateway = await startTailnetGateway(tailnet, 'a', { config: mode('serve') })
      await isOn(gateway)
      const { stdout } = await gateway.xopc(['tailscale', 'status'])
      const flat = stdout.replaceAll(/\s+/g, ' ')
      for (const line of [
        'port 443, path /photos, leads to http://127.0.0.1:2342 (not ours',
        'port 10000, path /, leads to http://127.0.0.1:8123 (not ours',
        'port 2222, leads to 127.0.0.1:22 (not ours',
      ])
        expect(flat).toContain(line)
      expect(flat).toMatch(/port 443, path \/, leads to http:\/\/127\.0\.0\.1:\d+ \(ours\)/)
      await gateway.stop()
    })
  })
})

needsPeer(tailnetPeers, 'somebody else at our place', () => {
  let [tailnet, gateway]: [Tailnet, RunningGateway] = [undefined as never, undefined as never]
  beforeAll(async () => {
    tailnet = await startTailnet()
    gateway = await startTailnetGateway(tailnet, 'a')
  })
  const cli = (...args: string[]) => tailnet.cli('a', args)

  /** Refused, and told whose it is, while it stays as it is. */
  async function isRespected(whose: RegExp): Promise<void> {
    const before = await served(tailnet)
    const { code, json } = await asJson(gateway.xopc, ['tailscale', 'serve'])
    const hint = expect.stringMatching(/: xopc tailscale serve --port 8443$/)
    const needs = { code: 'TAILSCALE_PORT_TAKEN', message: expect.stringMatching(whose), hint }
    expect([code, json]).toMatchObject([1, { phase: 'blocked', needs }])
    const dry = await asJson(gateway.xopc, ['tailscale', 'serve', '--dry-run'])
    expect([dry.code, dry.json]).toMatchObject([1, { steps: [], refusal: { code: 'TAILSCALE_PORT_TAKEN' } }])
    expect((await gateway.fetch('/health')).status).toBe(200)
    expect(await served(tailnet)).toBe(before)
  }

  /** Nothing of ours is left then. */
  async function isOff(): Promise<void> {
    const before = await served(tailnet)
    expect(await gateway.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
    expect(await served(tailnet)).toBe(before)
  }

  it.each<[string, string[], RegExp, string[]]>([
    [
      'an app',
      ['serve', '--bg', '--https=443', 'http://127.0.0.1:8123'],
      /port 443, path \/, leads to http:\/\/127\.0\.0\.1:8123/,
      ['serve', '--https=443', 'off'],
    ],
    ['a text', ['serve', '--bg', '--https=443', 'text:hello'], /port 443, path \/, leads to a text/, ['serve', '--https=443', 'off']],
    [
      'plain TCP',
      ['serve', '--bg', '--tcp=443', 'tcp://127.0.0.1:5432'],
      /port 443, leads to 127\.0\.0\.1:5432/,
      ['serve', '--tcp=443', 'off'],
    ],
    [
      'TLS that ends there',
      ['serve', '--bg', '--tls-terminated-tcp=443', 'tcp://127.0.0.1:5432'],
      /port 443, leads to 127\.0\.0\.1:5432/,
      ['serve', '--tls-terminated-tcp=443', 'off'],
    ],
    ['Funnel of an app', ['funnel', '--bg', '--https=443', 'http://127.0.0.1:8123'], /127\.0\.0\.1:8123/, ['funnel', '--https=443', 'off']],
    // Funnel is a whole port's: we would be open to the internet with it.
    [
      'Funnel of another path',
      ['funnel', '--bg', '--https=443', '--set-path=/x', 'http://127.0.0.1:8123'],
      /path \/x/,
      ['funnel', '--https=443', '--set-path=/x', 'off'],
    ],
  ])('%s', async (_, put, whose, take) => {
    expect(await cli(...put)).toMatchObject({ code: 0 })
    await isRespected(whose)
    await isOff()
    expect(await cli(...take)).toMatchObject({ code: 0 })
    expect(await served(tailnet)).toBe('{}')
  })

  it('a tailscale serve in a terminal', async () => {
    const terminal = start([tailnet.node('a').tailscale, 'serve', '--https=443', 'http://127.0.0.1:8123'])
    await expect.poll(async () => await served(tailnet), { timeout: 5000 }).toContain('Foreground')
    await isRespected(/a tailscale serve in a terminal/)
    terminal.kill('SIGINT')
    await once(terminal, 'close')
    // Its place is free now, and it is still asked for.
    await untilState(gateway, { phase: 'on', urls: [a] })
    await gateway.xopc(['tailscale', 'off'])
    expect(await served(tailnet)).toBe('{}')
  })

  it('leaves us the port that was offered', async () => {
    await cli('serve', '--bg', '--https=443', 'http://127.0.0.1:8123')
    const before = await served(tailnet)
    expect(await gateway.xopc(['tailscale', 'serve'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('xopc tailscale serve --port 8443'),
    })
    expect(await gateway.xopc(['tailscale', 'serve', '--port', '8443'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${a}:8443`),
    })
    expect(await entries(tailnet)).toMatchObject({ '443/': 'http://127.0.0.1:8123' })
    await gateway.xopc(['tailscale', 'off'])
    expect(await served(tailnet)).toBe(before)
    await cli('serve', '--https=443', 'off')
  })
})
