import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestCa, type TestCa } from '../../support/certs.ts'
import { needsPeer } from '../../support/peers.ts'
import { startXopc } from '../cli/running.ts'
import { createLaptop, exchange, type Home, type Laptop, openHome, type Reply } from './direct-house.ts'

// Commands on a laptop that act on a gateway behind Caddy, over https, from the first time on.

/** Without what is another moment's. */
function lasting(reply: unknown): unknown {
  const fleeting = new Set(['at', 'ms', 'since', 'uptime', 'startedAt', 'connections', 'lastSeen', 'lastIp', 'lastIngress', 'ingress'])
  return JSON.parse(JSON.stringify(reply, (key, value: unknown) => (fleeting.has(key) ? undefined : value)))
}

/** The devices of the gateway, as the laptop is told. */
async function devices(laptop: Laptop): Promise<{ id: string; name: string; revokedAt: string | null }[]> {
  // `as`: what `devices list --json` prints.
  return (await laptop.json(['devices', 'list'])).reply as unknown as { id: string; name: string; revokedAt: string | null }[]
}

needsPeer(['own-hosts', 'caddy-2.11'], 'a gateway elsewhere, over https', (_, caddy) => {
  let ca: TestCa
  let home: Home
  beforeAll(async () => {
    ca = await createTestCa()
    home = await openHome(caddy, ca)
  })

  const use = async (laptop: Laptop) => await laptop.xopc(['remote', 'use', home.url, '--stdin'], { input: `${home.gateway.token}\n` })
  const using = async (): Promise<Laptop> => {
    const laptop = await createLaptop(ca)
    const ran = await use(laptop)
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return laptop
  }
  /** What the same command says at home. */
  const atHome = async (args: readonly string[]): Promise<Reply> => {
    const { stdout } = await home.gateway.xopc([...args, '--json'])
    // `as`: with --json an object or a list is printed.
    return JSON.parse(stdout) as Reply
  }

  describe('that is used', () => {
    it('for the first time says and keeps its key, and leaves the rest of the configuration as it is', async () => {
      const laptop = await createLaptop(ca)
      await laptop.configure('{\n  // My own port.\n  gateway: { port: 4711 }, // for now\n}\n')
      const { code, stdout, stderr } = await use(laptop)
      const { reply } = await laptop.json(['remote', 'status'])
      const fingerprint = String(reply['fingerprint'])
      expect([code, stdout], stderr).toEqual([
        0,
        `Commands now act on gateway ${home.gatewayId} at ${home.url}.\nIts key is ${fingerprint}.\n\nNext: xopc status\n`,
      ])
      expect((await home.gateway.xopc(['gateway', 'status'])).stdout).toContain(`Fingerprint    ${fingerprint}\n`)
      expect(stderr).toContain(`First time at ${home.url}: gateway ${home.gatewayId}, key ${fingerprint}.\n`)
      expect(stderr).toContain('xopc remote off')
      expect(stdout + stderr).not.toContain(home.gateway.token)

      const text = await laptop.config()
      expect(text).toMatch(/^{\n {2}\/\/ My own port\.\n {2}gateway: { port: 4711, .*\/\/ for now\n}\n$/s)
      expect(text).toContain(`mode: "remote", remote: { url: "${home.url}", transport: "direct", token: "${home.gateway.token}" }`)
      for (const name of ['xopc.json', 'known-gateways.json'])
        expect((await stat(join(laptop.stateDir, name))).mode & 0o777, name).toBe(0o600)
      expect(await laptop.known()).toMatchObject([{ origin: home.url, gatewayId: home.gatewayId, urls: [home.url], lastGood: null }])
    })

    it('a second time says nothing of a first time, and needs no token any more', async () => {
      const laptop = await using()
      const again = await laptop.xopc(['remote', 'use', home.url])
      expect(again, again.stderr).toMatchObject({ code: 0 })
      expect(again.stderr).not.toContain('First time')
      const off = await laptop.xopc(['remote', 'off'])
      expect([off.code, off.stdout]).toEqual([0, 'Commands act on this computer again.\n\nNext: xopc status\n'])
      expect((await laptop.json(['remote', 'status'])).reply).toMatchObject({ mode: 'local', url: null })
      expect(await laptop.config()).toContain(home.gateway.token)
      expect((await laptop.json(['remote', 'use'])).reply).toMatchObject({ mode: 'remote', url: home.url, gatewayId: home.gatewayId })
    })

    it('with --json prints one object without the token, and says the key on stderr', async () => {
      const laptop = await createLaptop(ca)
      const { code, reply, stderr } = await laptop.json(['remote', 'use', home.url, '--stdin'], { input: home.gateway.token })
      expect(code, stderr).toBe(0)
      expect(reply).toEqual({
        mode: 'remote',
        url: home.url,
        transport: 'direct',
        gatewayId: home.gatewayId,
        fingerprint: expect.stringMatching(/^SHA256:/),
      })
      expect(stderr).toContain(`First time at ${home.url}`)
    })

    it('with the token of the environment, again and again, and off with it', async () => {
      const laptop = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: home.gateway.token })
      for (const args of [
        ['remote', 'use', home.url],
        ['status'],
        ['remote', 'use', home.url],
        ['remote', 'off'],
        ['config', 'validate'],
      ]) {
        const ran = await laptop.xopc(args)
        expect(ran, args.join(' ') + ran.stderr + ran.stdout).toMatchObject({ code: 0 })
      }
    })

    it('at a terminal asks for the token, and shows none of it', async () => {
      const laptop = await createLaptop(ca)
      // Its names are those of this computer here, so it goes by a name that is this computer by itself.
      const local = await openHome(caddy, ca, { publicUrl: undefined })
      const env = { ...ca.env, NODE_NO_WARNINGS: '1' }
      const terminal = { columns: 120, rows: 30 }
      const running = startXopc(['remote', 'use', local.gateway.url, '--pin'], { stateDir: laptop.stateDir, env, terminal })
      await running.says(/Its token/)
      running.type(`${local.gateway.token}\r`)
      expect(await running.ended, running.stdout()).toBe(0)
      expect(running.stdout()).toContain(`Commands now act on gateway ${local.gatewayId}`)
      expect(running.stdout() + running.stderr()).not.toContain(local.gateway.token)
      expect(await laptop.config()).toContain(local.gateway.token)
    })
  })

  describe('commands speak of it', () => {
    it.each(['status', 'gateway health', 'lan status', 'devices list'])('xopc %s says what it says itself', async (words) => {
      const args = words.split(' ')
      const { code, reply, stderr } = await (await using()).json(args)
      expect([code, stderr], JSON.stringify(reply)).toEqual([0, ''])
      expect(lasting(reply)).toEqual(lasting(await atHome(args)))
    })

    it('xopc gateway status tells its process and version, and by which door this one came', async () => {
      const { reply } = await (await using()).json(['gateway', 'status'])
      expect(reply).toMatchObject({ gatewayId: home.gatewayId, pid: home.gateway.pid })
    })

    it('a person is told which one it is, on stderr', async () => {
      const laptop = await using()
      for (const args of [['status'], ['gateway', 'status'], ['devices', 'list']]) {
        const ran = await laptop.xopc(args)
        expect([ran.code, ran.stderr]).toEqual([0, `Gateway: ${home.url}\n`])
      }
    })

    it('xopc proxy test is made by it, from where it is', async () => {
      const { code, reply } = await (await using()).json(['proxy', 'test'])
      expect([code, reply['ok'], reply['vantage'], reply['url']], JSON.stringify(reply)).toEqual([0, true, 'self', home.url])
    })

    it('a device joins by a code that was made here, and is thrown out from here', async () => {
      const laptop = await using()
      const pairing = laptop.xopc(['pair', '--timeout', '60'], { timeoutMs: 40_000 })
      const code = async (): Promise<string> =>
        ((await (await home.gateway.fetch('/xopc/api/tunnel/qr')).json()) as { qrPayload: string }).qrPayload
      await expect.poll(code, { timeout: 20_000 }).toContain('xopc://')
      await exchange(home.gateway, await code())
      expect(await pairing).toMatchObject({ code: 0 })
      const [device] = await devices(laptop)
      expect(device).toMatchObject({ name: 'Laptop', id: expect.any(String) })
      expect((await laptop.json(['devices', 'rename', device?.id ?? '', 'Travel'])).code).toBe(0)
      expect(lasting(await atHome(['devices', 'list']))).toMatchObject([{ name: 'Travel' }])
      expect((await laptop.json(['devices', 'revoke', device?.id ?? ''])).code).toBe(0)
      expect((await devices(laptop)).filter(({ revokedAt }) => revokedAt === null)).toEqual([])
      expect(await atHome(['devices', 'list'])).toEqual(await devices(laptop))
    })

    it('a new token for it is kept here at once', async () => {
      const own = await openHome(caddy, ca)
      const laptop = await createLaptop(ca)
      await laptop.xopc(['remote', 'use', own.url, '--stdin'], { input: own.gateway.token })
      const generated = await laptop.xopc(['gateway', 'token', '--generate'])
      expect(generated, generated.stderr).toMatchObject({ code: 0 })
      expect(await laptop.config()).not.toContain(own.gateway.token)
      expect((await laptop.json(['status'])).reply).toMatchObject({ running: true, gatewayId: own.gatewayId })
      expect((await own.gateway.fetch('/xopc/api/status')).status).toBe(401)
    })

    it('what acts on this computer alone says so, or does', async () => {
      const laptop = await using()
      const started = await laptop.json(['gateway', '--port', '0'])
      expect([started.code, started.reply.error?.code]).toEqual([1, 'COMMAND_IS_LOCAL'])
      const { stdout } = await laptop.xopc(['config', 'get', 'gateway.remote.url'])
      expect(stdout).toContain(home.url)
    })
  })

  describe('is not used', () => {
    it('with a wrong token: it says so, and nothing is saved', async () => {
      const laptop = await createLaptop(ca)
      const wrong = 'd0d1d2d3'.repeat(6)
      const { code, reply, stderr } = await laptop.json(['remote', 'use', home.url, '--stdin'], { input: wrong })
      expect([code, reply.error?.code]).toEqual([1, 'REMOTE_TOKEN_REFUSED'])
      expect(reply.error?.hint).toContain(`xopc remote use ${home.url}`)
      expect(JSON.stringify(reply) + stderr).not.toContain(wrong)
      expect(await laptop.config()).toBeNull()
    })

    it.each([
      ['without one', [], ''],
      ['with an empty one', ['--stdin'], '\n'],
    ])('%s, where nobody can be asked', async (_what, flags, input) => {
      const laptop = await createLaptop(ca)
      const { code, reply } = await laptop.json(['remote', 'use', home.url, ...flags], { input })
      expect([code, reply.error?.code]).toEqual([1, 'TOKEN_NEEDED'])
      expect(await laptop.config()).toBeNull()
    })

    it('and one that was good once is said to be refused', async () => {
      const laptop = await using()
      await laptop.configure(String(await laptop.config()).replace(home.gateway.token, 'd0d1d2d3'.repeat(6)))
      const { code, reply } = await laptop.json(['status'])
      expect([code, reply.error?.code]).toEqual([1, 'REMOTE_TOKEN_REFUSED'])
      expect((await laptop.json(['remote', 'status', '--check'])).reply).toMatchObject({
        reached: false,
        gatewayId: home.gatewayId,
        error: { code: 'REMOTE_TOKEN_REFUSED' },
      })
    })

    it('with a token that no header can hold', async () => {
      const laptop = await createLaptop(ca)
      const { code, reply } = await laptop.json(['remote', 'use', home.url, '--stdin'], { input: 'first line\nsecond line€' })
      expect([code, reply.error?.code]).toEqual([1, 'REMOTE_TOKEN_REFUSED'])
    })
  })
})
