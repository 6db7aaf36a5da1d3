import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, it } from 'vitest'
import type { RunningGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { type Tailnet, tailnetPeers } from '../support/tailnet.ts'
import { startTailnetGateway } from '../support/tailnet/gateway.ts'
import { doorTo, PASSWORD } from './doors.ts'
import { JSON_LINE, SERVED, tailnetOfAlice } from './tailnets.ts'

// Where nobody is asked who they are, everybody on this computer is the owner. Whatever lets others in is refused then, and whatever lets others in
// keeps that from being set.

const [json, url] = [{ 'content-type': 'application/json' }, `https://${SERVED}`]

needsPeer(tailnetPeers, 'Tailscale and no authentication', () => {
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await tailnetOfAlice()
  }, 60_000)

  const started: RunningGateway[] = []
  afterEach(async () => void (await Promise.all(started.splice(0).map((gateway) => gateway.stop()))))

  async function start(gateway: object, args: readonly string[] = []): Promise<RunningGateway> {
    const running = await startTailnetGateway(tailnet, 'a', { config: { gateway: { port: 0, ...gateway } }, args })
    started.push(running)
    return running
  }
  const served = async () => (await tailnet.cli('a', ['serve', 'status', '--json'])).stdout.trim()
  const edit = async ({ stateDir }: RunningGateway, gateway: object) => {
    const path = join(stateDir, 'xopc.json')
    await writeFile(`${path}.new`, JSON.stringify({ gateway: { port: 0, ...gateway } }), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }
  const inEffect = async (gateway: RunningGateway) => JSON.parse((await gateway.xopc(['tailscale', 'status', '--json'])).stdout)

  /** Nobody is let in from the tailnet, and (where nothing should be served) Tailscale serves nothing. */
  async function nothingIsServed(): Promise<void> {
    expect(await served()).toBe('{}')
    await expect(tailnet.fetchFrom('b', `${url}/xopc/api/status`, { timeoutMs: 1_000 })).rejects.toThrow()
  }

  it('is refused by whatever command or request', async () => {
    const gateway = await start({ auth: { mode: 'none' } })
    const control = doorTo({ path: gateway.controlSocket }, 'localhost')
    for (const args of [
      ['tailscale', 'serve'],
      ['tailscale', 'serve', '--for', '2h'],
      ['tailscale', 'serve', '--port', '8443', '--wait'],
      ['tailscale', 'funnel', '--accept-risk'],
      ['tailscale', 'funnel', '--accept-risk', '--for', '30m'],
      ['config', 'set', 'gateway.tailscale.mode=serve'],
      ['config', 'set', 'gateway.tailscale.mode=funnel'],
    ]) {
      const { code, stdout, stderr } = await gateway.xopc(args)
      expect([code, stdout + stderr], args.join(' ')).toEqual([
        expect.toBeOneOf([1, 3]),
        expect.stringContaining('gateway.auth.mode is none'),
      ])
    }
    for (const [request, body] of [
      ['POST access/tailscale/enable', {}],
      ['POST access/tailscale/enable?wait=1', { mode: 'serve' }],
      ['POST access/tailscale/enable', { mode: 'serve', for: '2h' }],
      ['POST access/tailscale/enable', { mode: 'funnel', for: '2h' }],
      ['POST exposure/tailscale/start', {}],
      ['POST exposure/tailscale/start', { mode: 'funnel' }],
      ['PATCH config', { 'gateway.tailscale.mode': 'serve' }],
      ['PATCH config', { 'gateway.tailscale': { mode: 'serve' } }],
      ['PATCH config', { 'gateway.tailscale.mode': 'serve', 'gateway.auth.mode': 'none' }],
    ] as const) {
      const [method = '', path = ''] = request.split(' ')
      const answer = await control.ask(`${method} /xopc/api/${path}`, [JSON_LINE], { body: JSON.stringify(body) })
      expect(answer, request + JSON.stringify(body)).toMatchObject({
        status: expect.toBeOneOf([409, 422]),
        code: expect.toBeOneOf(['EXPOSURE_NEEDS_AUTH', 'AUTH_NONE_EXPOSED', 'CONFIG_INVALID']),
      })
      const local = await gateway.fetch(`/xopc/api/${path}`, { method, headers: json, body: JSON.stringify(body) })
      expect(local.status).toBe(403)
    }
    // That somebody agreed to Funnel may be noted; that it is asked for may not.
    expect(await readFile(join(gateway.stateDir, 'xopc.json'), 'utf8')).not.toMatch(/mode"?: *"(serve|funnel)"/)
    await nothingIsServed()

    // By hand, while it runs: the file is not taken, and the gateway says so.
    await edit(gateway, { auth: { mode: 'none' }, tailscale: { mode: 'serve' } })
    await expect.poll(gateway.log, { timeout: 10_000 }).toContain('gateway.auth.mode is none, which')
    expect(await inEffect(gateway)).toMatchObject({ intended: false, state: { phase: 'off' } })
    await nothingIsServed()
  }, 60_000)

  it.each([
    ['the file', { auth: { mode: 'none' }, tailscale: { mode: 'serve' } }, []],
    ['a flag', { auth: { mode: 'none' } }, ['--tailscale', 'serve']],
    ['a flag for Funnel', { auth: { mode: 'none' } }, ['--tailscale', 'funnel']],
  ])('is refused at the start, by %s', async (_, gateway, args) => {
    await expect(start(gateway, args)).rejects.toThrow(/ended with 3:[^]*gateway\.auth\.mode is none/)
    await nothingIsServed()
  })

  it('is refused where it was noted as open for a time, by an earlier gateway', async () => {
    const gateway = await start({ auth: { mode: 'none' } })
    await gateway.stop()
    const opening = { options: { mode: 'serve' }, until: new Date(Date.now() + 3_600_000).toISOString() }
    await writeFile(
      join(gateway.stateDir, 'exposures.json'),
      JSON.stringify({ tailscale: null, tailscalePort: null, openings: { tailscale: opening } }),
      { mode: 0o600 },
    )
    const again = await startTailnetGateway(tailnet, 'a', { stateDir: gateway.stateDir })
    started.push(again)
    expect(await inEffect(again)).toMatchObject({ intended: false, state: { phase: 'off' } })
    await nothingIsServed()
  })

  it('keeps authentication from being switched off, while it is on', async () => {
    const gateway = await start({ auth: { token: 'f00dcafe'.repeat(6) } })
    expect((await gateway.xopc(['tailscale', 'serve'])).code).toBe(0)
    const { code, stdout, stderr } = await gateway.xopc(['config', 'set', 'gateway.auth.mode=none'])
    expect([code, stdout + stderr]).toEqual([expect.toBeOneOf([1, 3]), expect.stringContaining('gateway.tailscale.mode is serve')])
    const reply = await gateway.fetch('/xopc/api/config', {
      method: 'PATCH',
      headers: { ...json, authorization: `Bearer ${gateway.token}` },
      body: JSON.stringify({ 'gateway.auth.mode': 'none' }),
    })
    expect([reply.status, await reply.json()]).toEqual([
      422,
      expect.objectContaining({ code: expect.stringMatching(/^(AUTH_NONE_EXPOSED|CONFIG_INVALID)$/) }),
    ])
    await edit(gateway, { auth: { mode: 'none' }, tailscale: { mode: 'serve' } })
    await expect.poll(gateway.log, { timeout: 10_000 }).toContain('gateway.auth.mode is none, which')
    expect((await tailnet.fetchFrom('b', `${url}/xopc/api/status`)).status).toBe(401)
    // Both at once: nobody is asked any more, and nobody can come.
    await edit(gateway, { auth: { mode: 'none' } })
    await expect.poll(served, { timeout: 15_000 }).toBe('{}')
    await nothingIsServed()
  }, 60_000)

  it('ends what is open for a time, when what it was allowed under ends', async () => {
    const auth = { mode: 'password', password: PASSWORD }
    const gateway = await start({ auth })
    const opened = async (mode: 'serve' | 'funnel') => {
      const args = mode === 'funnel' ? ['tailscale', mode, '--for', '2h', '--accept-risk'] : ['tailscale', mode, '--for', '2h']
      expect((await gateway.xopc(args)).code).toBe(0)
      expect((await tailnet.fetchFrom('b', `${url}/xopc/api/status`)).status).toBe(401)
    }
    for (const [mode, weaker] of [
      ['serve', { auth: { mode: 'none' } }],
      ['funnel', { auth: { mode: 'password', password: 'short' } }],
      ['funnel', { auth: { mode: 'token', token: 'f00dcafe'.repeat(6) } }],
    ] as const) {
      await opened(mode)
      await edit(gateway, weaker)
      await expect.poll(served, { timeout: 15_000, message: JSON.stringify(weaker) }).toBe('{}')
      await nothingIsServed()
      // Nor does it come back by itself.
      await edit(gateway, { auth })
      await expect
        .poll(() => gateway.xopc(['config', 'get', 'gateway.auth.mode']).then(({ stdout }) => stdout), { timeout: 10_000 })
        .toContain('password')
      expect(await inEffect(gateway)).toMatchObject({ intended: false, state: { phase: 'off' } })
    }
  }, 60_000)
})
