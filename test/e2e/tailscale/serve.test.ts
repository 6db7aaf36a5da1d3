import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway, tailnetXopc } from '../../support/tailnet/gateway.ts'
import { startUpstream } from '../../support/upstream.ts'
import { a, asJson, entries, fileOf, served, stateOf } from './house.ts'
import { echo, eventsOver, webSocketOver } from './streams.ts'

const ours = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)

needsPeer(tailnetPeers, 'xopc tailscale serve', () => {
  let [tailnet, gateway]: [Tailnet, RunningGateway] = [undefined as never, undefined as never]
  beforeAll(async () => {
    const socket = join(await tempFolder(), 'app.sock')
    const [net] = await Promise.all([startTailnet(), startUpstream('--unix', socket)])
    tailnet = net
    gateway = await startTailnetGateway(tailnet, 'a', { config: { gateway: { upstream: { url: `unix:${socket}` } } } })
  })
  const xopc = (...args: string[]) => gateway.xopc(['tailscale', ...args])
  const set = async (key: string) => (await gateway.xopc(['config', 'get', `gateway.tailscale.${key}`])).stdout.trim()
  const headers = () => ({ authorization: `Bearer ${gateway.token}` })

  describe('before it is on', () => {
    it('shows with --dry-run what it would type, and changes nothing', async () => {
      const before = [await served(tailnet), await fileOf(gateway)]
      const { code, stdout } = await xopc('serve', '--dry-run')
      expect([code, stdout]).toEqual([0, expect.stringContaining(`serve it at ${a} for the devices of your tailnet`)])
      expect(stdout).toContain('tailscale serve --bg --yes --https=443 --set-path=/ http://127.0.0.1:')
      const { json } = await asJson(gateway.xopc, ['tailscale', 'serve', '--port', '8443', '--dry-run'])
      expect(json).toMatchObject({ steps: [{}, { argv: expect.arrayContaining(['tailscale', 'serve', '--https=8443']) }] })
      expect([await served(tailnet), await fileOf(gateway)]).toEqual(before)
      expect(await stateOf(gateway)).toEqual({ phase: 'off' })
    })

    it('says so', async () => {
      expect(await xopc('status')).toMatchObject({ code: 0, stdout: expect.stringContaining('The gateway is not on Tailscale.') })
      expect(await xopc('status', '--check')).toMatchObject({ code: 0 })
      await expect(tailnet.fetchFrom('b', `${a}/health`)).rejects.toThrow()
    })
  })

  describe('on', () => {
    let since = ''
    it('goes on, verified, and says where', async () => {
      const { code, stdout, stderr } = await xopc('serve')
      expect([code, stdout], stderr).toEqual([0, expect.stringContaining(`The devices of your tailnet can come now:\n  ${a}\n`)])
      expect(await entries(tailnet)).toEqual({ '443/': ours })
      expect(await set('mode')).toBe('serve')
    })

    it('is reached from another node with a certificate of the tailnet', async () => {
      expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200, body: expect.stringContaining('"ok"') })
      expect(await tailnet.fetchFrom('b', `${a}/api/status`)).toMatchObject({ status: 401 })
      const seen = await tailnet.fetchFrom('b', `${a}/headers`, { headers: headers() })
      const received = new Map<string, string>(JSON.parse(seen.body).headers)
      expect(received.get('X-Forwarded-For') ?? received.get('x-forwarded-for')).toBe(tailnet.node('b').ip)
    })

    it('passes events on as they come, and a WebSocket both ways', async () => {
      const events = await eventsOver(await tailnet.openFrom('b', `${a}/events`), `${a}/events?count=3&every=300`, { headers: headers() })
      const late = (await events.first(3)).map(({ data, at }) => at - Number(/"sentAt":(\d+)/.exec(data)?.[1]))
      // One that waited for the next would be 300 ms late.
      expect(Math.max(...late)).toBeLessThan(250)
      const ws = await webSocketOver(await tailnet.openFrom('b', `${a}/ws`), `${a}/ws`, { headers: headers() })
      expect(await echo(ws, 'there and back')).toBe('there and back')
      ws.terminate()
    })

    it('says verified, and from where it was looked at', async () => {
      const { code, json } = await asJson(gateway.xopc, ['tailscale', 'status'])
      const verified = { vantage: 'self', verdict: { ok: true } }
      expect([code, json]).toMatchObject([0, { intended: true, audience: 'tailnet', state: { phase: 'on', urls: [a], verified } }])
      const stages = ['dns', 'tcp', 'tls', 'http', 'identity', 'auth', 'sse', 'websocket', 'headers']
      // `as`: matched above.
      const { state } = json as { state: { since: string; verified: { verdict: { stages: { stage: string; status: string }[] } } } }
      expect(state.verified.verdict.stages.map(({ stage }) => stage)).toEqual(stages)
      // Tailscale makes the connection, so there is nothing to look at before TLS.
      expect(state.verified.verdict.stages.filter(({ status }) => status !== 'pass').map(({ stage }) => stage)).toEqual(['tcp'])
      since = state.since
      expect(Date.parse(since)).toBeGreaterThan(Date.now() - 60_000)
    })

    it('is shown by every command that shows it', async () => {
      const text = (await xopc('status')).stdout
      expect(text).toContain(`The way in by Tailscale: on, for the devices of your tailnet.\n  ${a}\n`)
      expect(text).toMatch(/verified .* from this computer/i)
      expect(text).toMatch(/ours\)/)
      expect(await xopc('status', '--check')).toMatchObject({ code: 0 })
      expect((await gateway.xopc(['status'])).stdout).toMatch(new RegExp(`^tailscale +on +the devices of your tailnet +${a}$`, 'm'))
    })

    it('enabled twice equals once', async () => {
      const before = await served(tailnet)
      const { code, json } = await asJson(gateway.xopc, ['tailscale', 'serve'])
      expect([code, json]).toMatchObject([0, { phase: 'on', urls: [a], since, verified: { vantage: 'self' } }])
      expect(await served(tailnet)).toBe(before)
    })
  })

  describe('at another port', () => {
    it('moves, and takes its old entry out', async () => {
      const { code, json } = await asJson(gateway.xopc, ['tailscale', 'serve', '--port', '8443'])
      expect([code, json]).toMatchObject([0, { phase: 'on', urls: [`${a}:8443`] }])
      expect(await entries(tailnet)).toEqual({ '8443/': ours })
      expect(await tailnet.fetchFrom('b', `${a}:8443/health`)).toMatchObject({ status: 200 })
      await expect(tailnet.fetchFrom('b', `${a}/health`)).rejects.toThrow()
      expect(await set('httpsPort')).toBe('8443')
    })

    it('follows the configuration file as well', async () => {
      expect(await gateway.xopc(['config', 'set', 'gateway.tailscale.httpsPort=443'])).toMatchObject({ code: 0 })
      await expect.poll(async () => await entries(tailnet), { timeout: 10_000 }).toEqual({ '443/': ours })
      await expect.poll(async () => await stateOf(gateway), { timeout: 10_000 }).toMatchObject({ phase: 'on', urls: [a] })
    })

    it('takes no port that is none', async () => {
      expect(await xopc('serve', '--port', '0')).toMatchObject({ code: 2 })
      expect(await xopc('serve', '--port', '65536')).toMatchObject({ code: 2 })
      expect(await xopc('serve', '--for', 'ever')).toMatchObject({ code: 2, stderr: expect.stringContaining('DURATION_INVALID') })
    })
  })

  describe('off', () => {
    it('shows with --dry-run what it would do, and does nothing', async () => {
      const before = [await served(tailnet), await fileOf(gateway)]
      expect(await xopc('off', '--dry-run')).toMatchObject({ code: 0, stdout: expect.stringContaining('take our entry, and no other') })
      expect([await served(tailnet), await fileOf(gateway)]).toEqual(before)
    })

    it('takes the entry out, and ends the streams that came through it', async () => {
      const events = await eventsOver(await tailnet.openFrom('b', `${a}/events`), `${a}/events?count=0&every=100`, { headers: headers() })
      await events.first(2)
      expect(await xopc('off')).toMatchObject({ code: 0, stdout: expect.stringContaining('The gateway is off your tailnet.') })
      await events.over
      expect(await served(tailnet)).toBe('{}')
      expect(await set('mode')).toBe('off')
      expect((await gateway.fetch('/health')).status).toBe(200)
      expect((await asJson(gateway.xopc, ['tailscale', 'off'])).json).toEqual({ phase: 'off' })
    })
  })

  describe('without a gateway', () => {
    it('saves the wish, says what makes it true, and starts nothing', async () => {
      const stateDir = await tempFolder()
      const offline = (...args: string[]) => tailnetXopc(tailnet, 'a', ['tailscale', ...args], { stateDir })
      const { code, stdout } = await offline('serve')
      expect([code, stdout]).toEqual([0, expect.stringMatching(/Saved: .*\n\nNext: xopc gateway\n$/s)])
      expect(await served(tailnet)).toBe('{}')
      expect(await offline('status', '--check')).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('it goes to Tailscale when it starts'),
      })
      expect(await offline('serve', '--for', '1h')).toMatchObject({ code: 1, stderr: expect.stringContaining('GATEWAY_NOT_RUNNING') })
      expect(await offline('off')).toMatchObject({ code: 0, stdout: expect.stringContaining('stays off your tailnet') })
    })
  })
})
