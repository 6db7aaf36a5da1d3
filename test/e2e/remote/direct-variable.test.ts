import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startRelay } from '../../security/relays.ts'
import { type Certificate, createTestCa, type TestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { type MisbehavingHttp, onRequests } from '../../support/misbehaving.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { siteFor, createLaptop, type Home, hosts, idOf, type Laptop, NAME, openHome, OTHER_NAME } from './direct-house.ts'
import { startCaddy } from '../../support/proxy-programs.ts'

// XOPC_GATEWAY_URL and --url: which gateway they name, which credential goes there, and that none is asked in its place.

/** Every kind of command that asks a gateway. */
const commands = [
  ['status'],
  ['status', '--check'],
  ['gateway', 'status'],
  ['gateway', 'health'],
  ['gateway', 'logs'],
  ['devices', 'list'],
  ['lan', 'status'],
  ['proxy', 'test'],
  ['proxy', 'set', 'https://elsewhere.example'],
  ['lan', 'on'],
  ['pair', '--timeout', '5'],
  ['devices', 'revoke', '--all'],
  ['gateway', 'token', '--generate'],
  ['gateway', 'restart'],
  ['gateway', 'stop'],
]

describe('an address that cannot be used, beside a gateway that runs here', () => {
  let here: RunningGateway
  let marks: string[]
  beforeAll(async () => {
    here = await startGateway()
    marks = [await idOf(here), String(here.pid), here.url]
  })

  const closed = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`

  async function expectRefused(words: readonly (readonly string[])[], url: string, [exit, code]: [number, string]): Promise<void> {
    const log = await here.log()
    const env = { XOPC_GATEWAY_URL: url }
    const answers = words.map(async (args) => [args, await here.xopc([...args, '--json'], args.includes('--url') ? {} : { env })] as const)
    for (const [args, ran] of await Promise.all(answers)) {
      // `as`: what is printed with --json, as far as it is read here.
      const { error } = JSON.parse(ran.stdout) as { error?: { code: string } }
      expect([args, ran.code, error?.code]).toEqual([args, exit, code])
      for (const mark of marks) expect(ran.stdout + ran.stderr).not.toContain(mark)
      expect(ran.stdout + ran.stderr).not.toContain('quiet-lantern')
    }
    // Nothing was done to the one that runs here either.
    expect(await (await here.fetch('/xopc/api/status')).json()).toMatchObject({ pid: here.pid })
    expect(await here.log()).toBe(log)
  }

  it.each<[string, string | (() => Promise<string>), number, string]>([
    ['plain http to a public name', 'http://home.example.com', 1, 'INSECURE_URL'],
    ['a path', 'https://home.example.com/xopc', 2, 'REMOTE_URL_INVALID'],
    ['a query', 'https://home.example.com?x', 2, 'REMOTE_URL_INVALID'],
    ['a fragment', 'https://home.example.com#x', 2, 'REMOTE_URL_INVALID'],
    ['a user', 'https://anna:quiet-lantern@home.example.com', 2, 'REMOTE_URL_INVALID'],
    ['another scheme', 'ftp://home.example.com', 2, 'REMOTE_URL_INVALID'],
    ['no scheme', '127.0.0.1:18790', 2, 'REMOTE_URL_INVALID'],
    ['a blank', ' ', 2, 'REMOTE_URL_INVALID'],
    ['a target that is an option', 'ssh://-oProxyCommand=touch', 2, 'SSH_TARGET_INVALID'],
    ['a port where nobody listens', closed, 1, 'REMOTE_UNREACHABLE'],
    ['a name that leads nowhere', 'https://nowhere.invalid', 1, 'REMOTE_UNREACHABLE'],
  ])('%s is an error, and no answer of this one', async (_what, given, exit, code) => {
    const url = typeof given === 'string' ? given : await given()
    await expectRefused([['status'], ['gateway', 'stop'], ['devices', 'list', '--url', url]], url, [exit, code])
  })

  it('is one for every command', async () => {
    await expectRefused(commands, 'https://home.example.com/xopc', [2, 'REMOTE_URL_INVALID'])
    await expectRefused(commands, await closed(), [1, 'REMOTE_UNREACHABLE'])
  })

  it('the token of this computer is not shown for that of another one', async () => {
    const env = { XOPC_GATEWAY_URL: 'https://home.example.com' }
    const { code, stdout, stderr } = await here.xopc(['gateway', 'token', '--show', '--json'], { env })
    expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'COMMAND_IS_LOCAL'])
    expect(stdout + stderr).not.toContain(here.token)
  })
})

needsPeer(['own-hosts', 'caddy-2.11'], 'the address of a gateway', (_, caddy) => {
  let ca: TestCa
  let home: Home
  let certificate: Certificate
  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf([NAME, OTHER_NAME])
    home = await openHome(caddy, ca)
  })

  /** A laptop in remote mode, with the gateway at home. */
  async function using(): Promise<Laptop> {
    const laptop = await createLaptop(ca)
    const used = await laptop.xopc(['remote', 'use', home.url, '--stdin'], { input: home.gateway.token })
    expect(used, used.stderr).toMatchObject({ code: 0 })
    return laptop
  }

  /** Another address of this computer that leads to a gateway, and hears everything. */
  const heardOn = async (to: RunningGateway): Promise<MisbehavingHttp> => await startRelay(to.url, {}, () => null)

  it('works with its token beside it, in remote mode or not', async () => {
    const env = { XOPC_GATEWAY_URL: home.url, XOPC_GATEWAY_TOKEN: home.gateway.token }
    const laptop = await createLaptop(ca, env)
    for (const config of ['{}', '{ gateway: { mode: "remote", remote: { url: "https://saved.test", token: "${XOPC_GATEWAY_TOKEN}" } } }']) {
      await laptop.configure(config)
      expect(await laptop.json(['status'])).toMatchObject({ code: 0, reply: { gatewayId: home.gatewayId } })
      expect((await laptop.json(['remote', 'status'])).reply).toMatchObject({ from: 'XOPC_GATEWAY_URL', reached: true })
    }
  })

  it('in the flag wins over the one of the variable, and that one over the saved one', async () => {
    const other = await startGateway({ hosts })
    const [wire, laptop] = [await heardOn(other), await using()]
    const env = { XOPC_GATEWAY_URL: wire.url, XOPC_GATEWAY_TOKEN: other.token }
    expect(await laptop.json(['status', '--pin', '--url', wire.url], { env })).toMatchObject({ reply: { gatewayId: await idOf(other) } })
    expect(await laptop.json(['status'], { env })).toMatchObject({ code: 0, reply: { gatewayId: await idOf(other) } })
    const byFlag = await laptop.json(['status', '--url', home.url], { env: { ...env, XOPC_GATEWAY_TOKEN: home.gateway.token } })
    expect(byFlag).toMatchObject({ code: 0, reply: { gatewayId: home.gatewayId } })
    expect(await laptop.json(['status'])).toMatchObject({ code: 0, reply: { gatewayId: home.gatewayId } })
  })

  it('gets the saved token where it is known to lead to the same key, from the second time on', async () => {
    const [wire, laptop] = [await heardOn(home.gateway), await using()]
    const env = { XOPC_GATEWAY_URL: wire.url }
    const first = await laptop.json(['status', '--pin'], { env })
    expect([first.code, first.reply.error?.code]).toEqual([1, 'REMOTE_TOKEN_MISSING'])
    expect(JSON.stringify(wire.heard())).not.toContain(home.gateway.token)
    expect(await laptop.json(['status'], { env })).toMatchObject({ code: 0, reply: { gatewayId: home.gatewayId } })
    expect(JSON.stringify(wire.heard())).toContain(home.gateway.token)
  })

  it('does not get it where it leads to another key, or the saved one is not in use', async () => {
    const other = await startGateway({ hosts })
    const [wire, laptop] = [await heardOn(other), await using()]
    for (let times = 0; times < 2; times++) {
      const { code, reply } = await laptop.json(['status', '--pin', '--url', wire.url])
      expect([code, reply.error?.code]).toEqual([1, 'REMOTE_TOKEN_MISSING'])
    }
    const same = await heardOn(home.gateway)
    await laptop.xopc(['status', '--pin', '--url', same.url])
    await laptop.xopc(['remote', 'off'])
    const { reply } = await laptop.json(['status', '--url', same.url])
    expect(reply.error?.code).toBe('REMOTE_TOKEN_MISSING')
    expect(JSON.stringify([wire.heard(), same.heard()])).not.toContain(home.gateway.token)
  })

  it('does not get it over plain http in a network, whatever its key is', async () => {
    const laptop = await using()
    const server = await onRequests({ host: '127.0.0.3' }, () => (_req, res) => void res.end('{}'))
    const url = server.url.replace('127.0.0.3', 'home.local')
    for (const known of await laptop.known()) await laptop.knows({ ...known, origin: url })
    const { code, reply } = await laptop.json(['status', '--url', url], { hosts: { 'home.local': '127.0.0.3', ...hosts } })
    expect([code, reply.error?.code]).toEqual([1, 'DEVICE_TOKEN_NEEDED'])
    expect(server.connections()).toBe(0)
  })

  it('that somebody else holds now gets nothing, though it was known', async () => {
    const laptop = await using()
    const server = await onRequests({ certificate, name: OTHER_NAME }, () => (_req, res) => void res.end('{"login":true}'))
    for (const known of await laptop.known()) await laptop.knows({ ...known, origin: server.url, urls: [] })
    const { code, reply } = await laptop.json(['status', '--url', server.url])
    expect([code, reply.error?.code]).toEqual([1, 'WRONG_GATEWAY'])
    expect(JSON.stringify(server.heard())).not.toContain(home.gateway.token)
  })

  it('that the gateway does not know as its own is said, with what to type there', async () => {
    const port = await freePort()
    await startCaddy(caddy, { config: await siteFor(ca, { port, to: home.gateway.port, name: OTHER_NAME }), port })
    const laptop = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: home.gateway.token })
    const url = `https://${OTHER_NAME}:${port}`
    const { code, reply } = await laptop.json(['status', '--url', url])
    expect([code, reply.error?.code]).toEqual([1, 'REMOTE_NAME_UNKNOWN'])
    expect(reply.error?.hint).toContain(`xopc proxy set ${url}`)
  })

  it('with a token of the environment leaves the configuration and its token alone', async () => {
    const laptop = await using()
    const before = await readFile(join(laptop.stateDir, 'xopc.json'), 'utf8')
    const env = { XOPC_GATEWAY_URL: home.url, XOPC_GATEWAY_TOKEN: 'd0d1d2d3'.repeat(6) }
    expect((await laptop.json(['status'], { env })).reply.error?.code).toBe('REMOTE_TOKEN_REFUSED')
    expect(await readFile(join(laptop.stateDir, 'xopc.json'), 'utf8')).toBe(before)
  })
})
