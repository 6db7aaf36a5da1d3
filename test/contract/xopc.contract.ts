import JSON5 from 'json5'
import { describe, expect, it } from 'vitest'
import type { Xopc } from '../../src/lib/core/xopc.ts'
import { type AccessState, stageNames } from '../../src/lib/protocol/http-api.ts'
import { configText, type House, type Kind, openHouse } from './house.ts'

const runs = (kind: Kind): boolean => kind !== 'offline'

/** What every implementation of Xopc must do, whoever is behind it. */
export function describeXopc(kind: Kind): void {
  async function open(text?: string): Promise<House> {
    return await openHouse(kind, text)
  }
  async function bindOf(house: House): Promise<unknown> {
    const file: { gateway: { bind?: unknown } } = JSON5.parse(await house.file())
    return file.gateway.bind
  }

  describe(`Xopc, ${kind}`, () => {
    it('shows every way in, its audience and its addresses', async () => {
      await using house = await open()
      const { running, methods, ssh, seenAs } = await house.xopc.overview()
      expect({ running, seenAs }).toEqual({ running: runs(kind), seenAs: null })
      expect(methods).toMatchObject([
        { id: 'tailscale', intended: false, audience: 'tailnet', state: { phase: 'off' }, candidates: [] },
        { id: 'lan', intended: false, audience: 'lan', audienceText: 'anyone on the same network', state: { phase: 'off' } },
        { id: 'proxy', intended: false, audience: 'internet', state: { phase: 'off' }, candidates: [] },
        { id: 'tunnel', intended: false, audience: 'internet', state: { phase: 'off' }, candidates: [] },
      ])
      expect(ssh.command).toMatch(/^ssh -N -L (\d+):127\.0\.0\.1:\1 \S+@\S+$/)
    })

    it('plans without changing anything', async () => {
      await using house = await open()
      const { steps, refusal } = await house.xopc.plan('lan')
      expect(steps.length > 0 || refusal?.code === 'LAN_NO_ADDRESS').toBe(true)
      for (const { title } of steps) expect(title).toMatch(/^listen on /)
      expect(await house.file()).toBe(configText())
    })

    it('enabling and disabling lan writes gateway.bind and keeps comments', async () => {
      await using house = await open()
      const state = await house.xopc.enable('lan')
      expect(runs(kind) ? ['on', 'blocked'] : ['off']).toContain(state.phase)
      expect(await bindOf(house)).toBe('lan')
      expect((await house.xopc.overview()).methods[1]).toMatchObject({ intended: true, state: { phase: state.phase } })
      expect(await house.xopc.disable('lan')).toEqual({ phase: 'off' })
      expect(await bindOf(house)).toBe('loopback')
      expect(await house.file()).toContain('port: 0, // any')
      expect((await house.xopc.overview()).methods[1]).toMatchObject({ intended: false, state: { phase: 'off' } })
    })

    it('enabling twice equals once, and so does disabling', async () => {
      await using house = await open()
      const first = await house.xopc.enable('lan')
      const file = await house.file()
      const again = await house.xopc.enable('lan')
      // Interfaces of other tests come and go meanwhile; what was opened is told by `since`.
      const opened = (state: AccessState) => [state.phase, 'since' in state && state.since]
      expect(opened(again)).toEqual(opened(first))
      expect(await house.file()).toBe(file)
      expect([await house.xopc.disable('lan'), await house.xopc.disable('lan')]).toEqual([{ phase: 'off' }, { phase: 'off' }])
    })

    it('enables what the file already asks for as it is', async () => {
      await using house = await open(configText("    bind: 'lan',\n"))
      const [, lan] = (await house.xopc.overview()).methods
      expect(lan?.intended).toBe(true)
      expect((await house.xopc.enable('lan')).phase).toBe(lan?.state.phase)
    })

    it('enabling and disabling proxy writes gateway.publicUrl and keeps comments', async () => {
      await using house = await open()
      const state = await house.xopc.enable('proxy', { url: 'https://GATEWAY.invalid/' })
      expect(runs(kind) ? ['on', 'degraded'] : ['off']).toContain(state.phase)
      expect(await house.file()).toContain('https://gateway.invalid')
      const [, , proxy] = (await house.xopc.overview()).methods
      expect(proxy).toMatchObject({ id: 'proxy', intended: true, audience: 'internet' })
      // Without a URL it is about the one that is configured.
      await house.xopc.enable('proxy')
      expect(await house.xopc.disable('proxy')).toEqual({ phase: 'off' })
      expect(await house.file()).not.toContain('publicUrl')
      expect(await house.file()).toContain('port: 0, // any')
    })

    it('plans for a proxy without changing anything', async () => {
      await using house = await open()
      const { steps, refusal } = await house.xopc.plan('proxy', { url: 'https://gateway.invalid' })
      expect(steps[0]?.title).toContain('https://gateway.invalid')
      expect(refusal).toBeUndefined()
      expect((await house.xopc.plan('proxy')).refusal?.code).toBe('PROXY_URL_MISSING')
      expect(await house.file()).toBe(configText())
    })

    it('writes a configuration for a proxy, for the name that is configured or asked for', async () => {
      await using house = await open(configText("    publicUrl: 'https://my.gateway.test:8443',\n"))
      expect((await house.xopc.proxyTemplate('caddy')).domain).toBe('my.gateway.test')
      const { text, program } = await house.xopc.proxyTemplate('nginx', { domain: 'other.test' })
      expect(program).toBe('nginx')
      expect(text).toContain('other.test')
    })

    // With mode none only the owner's socket still tells that somebody is the owner.
    const withoutAuth: [string, number] = kind === 'client by ssh to the port' ? ['SCOPE_MISSING', 403] : ['EXPOSURE_NEEDS_AUTH', 409]
    const refusals: [what: string, text: string | undefined, call: (xopc: Xopc) => Promise<unknown>, code: string, http: number][] = [
      [
        'lan without authentication',
        configText("    auth: { mode: 'none' },\n").replace(/ {4}auth: \{ token.*\n/, ''),
        (xopc) => xopc.enable('lan'),
        ...withoutAuth,
      ],
      [
        'an address of another computer',
        undefined,
        (xopc) => xopc.enable('lan', { address: '203.0.113.77' }),
        'LAN_ADDRESS_NOT_AVAILABLE',
        409,
      ],
      ['a name as an address of the network', undefined, (xopc) => xopc.enable('lan', { address: 'home.local' }), 'ADDRESS_INVALID', 400],
      ['loopback as an address of the network', undefined, (xopc) => xopc.enable('lan', { address: '127.0.0.1' }), 'ADDRESS_INVALID', 400],
      [
        'a bind of another computer by patch',
        undefined,
        (xopc) => xopc.patchConfig({ 'gateway.bind': '203.0.113.77' }),
        'LAN_ADDRESS_NOT_AVAILABLE',
        409,
      ],
      ['a proxy without a URL', undefined, (xopc) => xopc.enable('proxy'), 'PROXY_URL_MISSING', 400],
      ['a public URL over plain http', undefined, (xopc) => xopc.enable('proxy', { url: 'http://gateway.test' }), 'requires_https', 400],
      ['a public URL with a path', undefined, (xopc) => xopc.enable('proxy', { url: 'https://gateway.test/x' }), 'has_path', 400],
      [
        'a proxy without authentication',
        configText("    auth: { mode: 'none' },\n").replace(/ {4}auth: \{ token.*\n/, ''),
        (xopc) => xopc.enable('proxy', { url: 'https://gateway.test' }),
        ...withoutAuth,
      ],
      ['a template for a name that is none', undefined, (xopc) => xopc.proxyTemplate('caddy', { domain: 'a b {' }), 'invalid_domain', 400],
      ['a value that is none', undefined, (xopc) => xopc.patchConfig({ 'gateway.port': 'many' }), 'CONFIG_INVALID', 422],
      ['a key that is none', undefined, (xopc) => xopc.patchConfig({ 'gateway.prot': 1 }), 'CONFIG_INVALID', 422],
      ['a stale edit', undefined, (xopc) => xopc.patchConfig({ 'gateway.port': 1 }, '"not this one"'), 'CONFIG_STALE', 412],
      // `as`: what a person may type into a path.
      ['a method that is none', undefined, (xopc) => xopc.enable('moon' as 'lan'), 'UNKNOWN_METHOD', 404],
      ['a plan for a method that is none', undefined, (xopc) => xopc.plan('moon' as 'lan'), 'UNKNOWN_METHOD', 404],
      ['disabling a method that is none', undefined, (xopc) => xopc.disable('moon' as 'lan'), 'UNKNOWN_METHOD', 404],
    ]
    it.each(refusals)('refuses %s and leaves the file alone', async (_what, text, call, code, http) => {
      await using house = await open(text)
      const before = await house.file()
      await expect(call(house.xopc)).rejects.toMatchObject({ name: 'XopcError', code, http })
      expect(await house.file()).toBe(before)
    })

    it('shows the configuration with its secrets masked', async () => {
      await using house = await open()
      const view = await house.xopc.config()
      expect(JSON.stringify(view)).not.toContain(house.token)
      expect(view.config).toMatchObject({ gateway: { port: 0, auth: { token: '••••••••••••' } } })
      expect(view.origins).toEqual({})
    })

    it('names what wins over the file', async () => {
      await using house = await openHouse(kind, undefined, { port: 0 })
      expect((await house.xopc.config()).origins).toEqual({ 'gateway.port': '--port' })
    })

    it('edits one value, and a mask that comes back changes nothing', async () => {
      await using house = await open()
      const { etag } = await house.xopc.config()
      const change = await house.xopc.patchConfig({ 'gateway.maxSseConnections': 7, 'gateway.auth.token': '••••••••••••' }, etag)
      expect(change.config).toMatchObject({ gateway: { maxSseConnections: 7 } })
      expect(change.etag).not.toBe(etag)
      expect(await house.file()).toContain(house.token)
      await house.xopc.patchConfig({ 'gateway.maxSseConnections': null })
      expect(await house.file()).not.toContain('maxSseConnections')
    })

    it('makes a new token, and saves it', async () => {
      await using house = await open()
      const { token } = await house.xopc.rotateToken()
      expect(token).toMatch(/^[0-9a-f]{48}$/)
      expect(await house.file()).toContain(token)
      expect(await house.file()).not.toContain(house.token)
    })

    it('reads the logs', async () => {
      await using house = await open()
      await house.xopc.enable('lan')
      const [logs, audit] = [await house.xopc.logs(50), await house.xopc.audit(50)]
      if (!runs(kind)) return expect([logs, audit]).toEqual([[], []])
      expect(logs.map(({ message }) => message)).toContain('gateway started')
      expect(audit.map(({ event }) => event)).toEqual(expect.arrayContaining([expect.stringMatching(/^AccessAudit\.(enabled|blocked)$/)]))
      expect(await house.xopc.logs(1)).toHaveLength(1)
    })
  })
}

/** What only a running gateway can do; `live` and every client must agree. */
export function describeRunning(kind: Exclude<Kind, 'offline'>): void {
  describe(`a running gateway, ${kind}`, () => {
    it('tells its health and its numbers', async () => {
      await using house = await openHouse(kind)
      expect(await house.xopc.health()).toEqual({ status: 'ok', version: '0.0.0-contract', uptime: expect.any(Number) })
      const status = await house.xopc.status()
      expect(status).toMatchObject({ version: '0.0.0-contract', apiLevel: 1, pid: process.pid, authMode: 'token', upstream: null })
      expect(status.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect(status.ingress.map(({ id }) => id)).toEqual(expect.arrayContaining(['control', 'local']))
      expect(status.methods).toEqual([
        { id: 'tailscale', intended: false, state: { phase: 'off' } },
        { id: 'lan', intended: false, state: { phase: 'off' } },
        { id: 'proxy', intended: false, state: { phase: 'off' } },
        { id: 'tunnel', intended: false, state: { phase: 'off' } },
      ])
    })

    it('masks what the URL of the app carries', async () => {
      await using house = await openHouse(kind, configText("    upstream: { url: 'http://me:secret@127.0.0.1:3999' },\n"))
      const { upstream } = await house.xopc.status()
      expect(upstream).toContain('127.0.0.1:3999')
      expect(upstream).not.toContain('secret')
    })

    it('has findings', async () => {
      await using house = await openHouse(kind)
      expect((await house.xopc.diagnose('lan')).map(({ code }) => code)).toContain('LAN_INTENT')
    })

    it('verifies its own address from this computer, and tests it stage by stage', async () => {
      await using house = await openHouse(kind)
      const { url } = await house.xopc.status()
      const state = await house.xopc.enable('proxy', { url, wait: true })
      expect(state).toMatchObject({ phase: 'on', urls: [url], verified: { vantage: 'self', verdict: { ok: true, url } } })
      const seen: string[] = []
      const verdict = await house.xopc.test('proxy', { onStage: ({ stage, status }) => void seen.push(`${stage} ${status}`) })
      expect(verdict).toMatchObject({ ok: true, url, vantage: 'self' })
      expect(verdict.stages.map(({ stage }) => stage)).toEqual([...stageNames])
      expect(seen.toSorted()).toEqual(verdict.stages.map(({ stage, status }) => `${stage} ${status}`).toSorted())
      expect((await house.xopc.diagnose('proxy')).map(({ status }) => status)).not.toContain('fail')
    })

    it('says what is wrong with an address, and with one that cannot be tested', async () => {
      await using house = await openHouse(kind)
      expect(await house.xopc.testUrl('http://127.0.0.1:1')).toMatchObject({ ok: false, code: 'DNS_OR_CONN_REFUSED' })
      expect(await house.xopc.testUrl('ftp://user:secret@gateway.test')).toMatchObject({ ok: false, code: 'invalid_scheme' })
      expect(JSON.stringify(await house.xopc.testUrl('https://user:secret@gateway.test'))).not.toContain('secret')
    })

    it('tests every stage of lan, too', async () => {
      await using house = await openHouse(kind)
      const state = await house.xopc.enable('lan', { wait: true })
      if (state.phase === 'blocked') return expect(state.needs.code).toBe('LAN_NO_ADDRESS')
      expect(state).toMatchObject({ phase: 'on', verified: { vantage: 'self' } })
      expect(await house.xopc.test('lan')).toMatchObject({ ok: true })
    })

    it('ends a test with its signal', async () => {
      await using house = await openHouse(kind)
      const { url } = await house.xopc.status()
      const abort = new AbortController()
      const test = house.xopc.testUrl(url, { signal: abort.signal, onStage: () => abort.abort(new Error('enough')) })
      await expect(test).rejects.toThrow('enough')
    })

    it('hands stop and restart on, after answering', async () => {
      await using house = await openHouse(kind)
      await house.xopc.stop()
      await house.xopc.restart()
      expect(house.asked).toEqual(['stop', 'restart'])
    })

    it('tells its events, connected first, and resumes', async () => {
      await using house = await openHouse(kind)
      const abort = new AbortController()
      const types: string[] = []
      let lastId = 0
      for await (const event of house.xopc.events(abort.signal)) {
        types.push(event.type)
        if (event.type === 'connected') await house.xopc.enable('lan')
        if (event.type !== 'config.reload') continue
        lastId = event.id
        abort.abort()
      }
      expect(types[0]).toBe('connected')
      await house.xopc.disable('lan')
      const again = new AbortController()
      const resumed: { type: string; id: number }[] = []
      for await (const event of house.xopc.events(again.signal, lastId)) {
        resumed.push(event)
        if (event.type === 'access.state') again.abort()
      }
      expect(resumed[0]).toMatchObject({ type: 'connected', id: lastId, data: { resumed: true } })
      expect(resumed[1]?.id).toBe(lastId + 1)
    })

    it('is off at once where the file cannot be saved, and says that it would come back', async () => {
      await using house = await openHouse(kind, configText("    bind: 'lan',\n"))
      const { writeFile } = await import('node:fs/promises')
      await writeFile(`${house.dir}/xopc.json`, '{ broken', { mode: 0o600 })
      await expect(house.xopc.disable('lan')).rejects.toMatchObject({ code: 'OFF_NOT_SAVED' })
      const { methods } = await house.xopc.status()
      expect(methods[1]).toMatchObject({ intended: false, state: { phase: 'off' } })
    })
  })
}
