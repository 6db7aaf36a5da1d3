import { existsSync } from 'node:fs'
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { type RunningBroker, startBroker } from '../e2e/broker/house.ts'
import { agreed, askControl, startTunnel, tunnelGateway, tunnelOf, tunnelPeers, untilView, viewOf, visit } from '../e2e/tunnel/house.ts'
import { tempFolder } from '../support/cleanup.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { type LyingBroker, questions, startLyingBroker } from './tunnel-lies.ts'

// Where nobody is asked who they are, everybody on this computer is the owner. Whatever opens the tunnel is refused then, and while it is open, or is
// to open, nobody stops being asked.

const token = 'f00dcafe'.repeat(6)
const json = { 'content-type': 'application/json' }

needsPeer(tunnelPeers, 'the public tunnel and no authentication', (frps, frpc) => {
  let broker: RunningBroker
  let asked: LyingBroker
  /** A state folder in which the tunnel has worked once, and which may open it by itself. */
  let worked: string
  beforeAll(async () => {
    broker = await startBroker(frps)
    asked = await startLyingBroker(broker.url)
    const gateway = await start({ auth: { token } })
    await startTunnel(gateway)
    await gateway.stop()
    worked = gateway.stateDir
  }, 60_000)

  const started: RunningGateway[] = []
  afterEach(async () => void (await Promise.all(started.splice(0).map((gateway) => gateway.stop()))))

  const configOf = (gateway: object, tunnel: object = {}) => ({
    gateway: { port: 0, ...gateway },
    tunnel: { brokerUrl: asked.url, consent: agreed, ...tunnel },
  })
  async function start(gateway: object, tunnel: object = {}, stateDir?: string): Promise<RunningGateway> {
    const config = configOf(gateway, tunnel)
    // As text, so that no token is put beside it.
    const given = { config: JSON.stringify(config), ...(stateDir === undefined ? {} : { stateDir }) }
    const running = await tunnelGateway(frpc, asked.url, given)
    started.push(running)
    return running
  }
  const edit = async ({ stateDir }: RunningGateway, gateway: object, tunnel: object = {}) => {
    const path = join(stateDir, 'xopc.json')
    await writeFile(`${path}.new`, JSON.stringify(configOf(gateway, tunnel)), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }
  const copyOfWorked = async (): Promise<string> => {
    const folder = join(await tempFolder(), 'state')
    await cp(worked, folder, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    await rm(join(folder, 'run'), { recursive: true, force: true })
    return folder
  }
  const registrations = (): number => asked.asked.filter(({ line }) => questions.register.test(line)).length

  /** Nobody was asked for a name, no frpc runs, and there is no socket that it could lead to. */
  async function nothingIsOpen(gateway: RunningGateway, before: number): Promise<void> {
    expect(await viewOf(gateway)).toMatchObject({ intended: false, state: { phase: 'off' } })
    expect(await tunnelOf(gateway)).toMatchObject({ enabled: false, state: 'disconnected', frpcPid: null })
    for (const name of ['tunnel.sock', 'frpc.toml']) expect(existsSync(join(gateway.stateDir, 'run', name))).toBe(false)
    expect(registrations()).toBe(before)
  }

  it('is refused by whatever command or request', { timeout: 60_000 }, async () => {
    const gateway = await start({ auth: { mode: 'none' } })
    const before = registrations()
    for (const args of [
      ['tunnel', 'start'],
      ['tunnel', 'start', '--accept-risk'],
      ['tunnel', 'start', '--accept-risk', '--for', '2h'],
      ['tunnel', 'start', '--replace', '--broker', asked.url],
      ['config', 'set', 'tunnel.enabled=true'],
      ['config', 'set', 'tunnel.enabled=true', 'gateway.auth.mode=none'],
    ]) {
      const { code, stdout, stderr } = await gateway.xopc(args)
      expect([code, stdout + stderr], args.join(' ')).toEqual([
        expect.toBeOneOf([1, 3]),
        expect.stringContaining('gateway.auth.mode is none'),
      ])
    }
    for (const [request, body] of [
      ['POST tunnel/start', {}],
      ['POST tunnel/start', { for: '2h' }],
      ['POST tunnel/start', { broker: asked.url, replace: true }],
      ['POST access/tunnel/enable', {}],
      ['POST access/tunnel/enable?wait=1', { for: '30m' }],
      ['PATCH config', { 'tunnel.enabled': true }],
      ['PATCH config', { 'tunnel.enabled': true, 'tunnel.autoStart': true }],
      ['PATCH config', { 'tunnel.enabled': true, 'gateway.auth.mode': 'none' }],
    ] as const) {
      const [method = '', path = ''] = request.split(' ')
      expect(await askControl(gateway, `/${path}`, method, body), request + JSON.stringify(body)).toMatchObject({
        status: expect.toBeOneOf([403, 409, 422]),
        json: { code: expect.toBeOneOf(['TUNNEL_AUTH_REQUIRED', 'AUTH_NONE_EXPOSED', 'CONFIG_INVALID', 'TUNNEL_AUTOSTART_NOT_READY']) },
      })
      const local = await gateway.fetch(`/xopc/api/${path}`, { method, headers: json, body: JSON.stringify(body) })
      expect(local.status).toBe(403)
    }
    expect(await readFile(join(gateway.stateDir, 'xopc.json'), 'utf8')).not.toMatch(/"(enabled|autoStart)": *true/)
    await nothingIsOpen(gateway, before)

    // By hand, while it runs.
    await edit(gateway, { auth: { mode: 'none' } }, { enabled: true })
    await expect.poll(gateway.log, { timeout: 10_000 }).toContain('gateway.auth.mode is none, which')
    await nothingIsOpen(gateway, before)
  })

  it.each([
    ['that asks for it', { enabled: true }],
    ['that lets it start by itself', { autoStart: true }],
    ['that does both', { enabled: true, autoStart: true }],
  ])('opens nothing at a start, by a file %s', async (_, tunnel) => {
    const before = registrations()
    // A start may be refused as well: nothing is open then, either.
    const gateway = await start({ auth: { mode: 'none' } }, tunnel, await copyOfWorked()).catch((error: unknown) => String(error))
    if (typeof gateway === 'string') expect(gateway).toMatch(/ended with 3:[^]*gateway\.auth\.mode is none/)
    else await nothingIsOpen(gateway, before)
    expect(registrations()).toBe(before)
  })

  it('opens nothing at a start where it was noted as open for a time, by an earlier gateway', async () => {
    const stateDir = await copyOfWorked()
    const opening = { options: {}, until: new Date(Date.now() + 3_600_000).toISOString() }
    const exposures = JSON.stringify({ tailscale: null, tailscalePort: null, openings: { tunnel: opening } })
    await writeFile(join(stateDir, 'exposures.json'), exposures, { mode: 0o600 })
    const before = registrations()
    await nothingIsOpen(await start({ auth: { mode: 'none' } }, {}, stateDir), before)
    // It was in order but for that.
    await writeFile(join(stateDir, 'exposures.json'), exposures, { mode: 0o600 })
    await started.pop()?.stop()
    const gateway = await start({ auth: { token } }, {}, stateDir)
    await untilView(gateway, { intended: true, state: { phase: 'on' } })
  })

  it('keeps authentication from being switched off, while it is open or is to start by itself', { timeout: 60_000 }, async () => {
    const gateway = await start({ auth: { token } })
    const url = await startTunnel(gateway)
    const refused = async (): Promise<void> => {
      const ran = await gateway.xopc(['config', 'set', 'gateway.auth.mode=none'])
      expect([ran.code, ran.stdout + ran.stderr]).toEqual([expect.toBeOneOf([1, 3]), expect.stringContaining('tunnel')])
      const headers = { ...json, authorization: `Bearer ${token}` }
      const reply = await gateway.fetch('/xopc/api/config', {
        method: 'PATCH',
        headers,
        body: JSON.stringify({ 'gateway.auth.mode': 'none' }),
      })
      expect([reply.status, await reply.json()]).toEqual([
        422,
        expect.objectContaining({ code: expect.stringMatching(/^(AUTH_NONE_EXPOSED|CONFIG_INVALID)$/) }),
      ])
    }
    await refused()
    await edit(gateway, { auth: { mode: 'none' } }, { enabled: true })
    await expect.poll(gateway.log, { timeout: 10_000 }).toContain('gateway.auth.mode is none, which')
    expect((await visit(`${url}/xopc/api/status`)).status).toBe(401)
    await edit(gateway, { auth: { token } }, { enabled: true, autoStart: true })
    expect(await askControl(gateway, '/tunnel/stop', 'POST', {})).toMatchObject({ status: 200 })
    await refused()
    // Both at once: nobody is asked any more, and nobody can come.
    await startTunnel(gateway)
    await edit(gateway, { auth: { mode: 'none' } })
    await untilView(gateway, { intended: false, state: { phase: 'off' } })
    expect((await visit(`${url}/xopc/api/status`)).status).toBe(404)
  })

  it(
    'ends where it was open for a time, when nobody is asked any more, and does not come back by itself',
    { timeout: 60_000 },
    async () => {
      const gateway = await start({ auth: { token } })
      const url = await startTunnel(gateway, ['--for', '2h'])
      expect((await visit(`${url}/xopc/api/status`)).status).toBe(401)
      const ran = await gateway.xopc(['config', 'set', 'gateway.auth.mode=none'])
      // Whether that is refused or closes the tunnel: nobody comes in unasked.
      if (ran.code === 0) await untilView(gateway, { intended: false, state: { phase: 'off' } })
      else expect((await visit(`${url}/xopc/api/status`)).status).toBe(401)
      await edit(gateway, { auth: { mode: 'none' } })
      await untilView(gateway, { intended: false, state: { phase: 'off' } })
      expect((await visit(`${url}/xopc/api/status`)).status).toBe(404)
      await edit(gateway, { auth: { token } })
      await expect
        .poll(async () => (await gateway.xopc(['config', 'get', 'gateway.auth.mode'])).stdout, { timeout: 10_000 })
        .toContain('token')
      await nothingIsOpen(gateway, registrations())
    },
  )
})
