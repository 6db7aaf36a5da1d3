import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { startGateway } from '../../support/gateway.ts'
import { type MisbehavingHttp, onRequests } from '../../support/misbehaving.ts'
import { needsPeer } from '../../support/peers.ts'
import { startSshd } from '../../support/sshd.ts'
import { startRelay } from '../../security/relays.ts'
import { errorIn } from '../cli/house.ts'
import { done, type FarSide, type Laptop, laptopWith, startFarSide } from './far-side.ts'
import { startFakeGateway } from './ssh-fake-gateway.ts'

// ssh proves which computer is at its other end, and not which program: whoever has an account there can sit down on a port.
needsPeer(['sshd', 'own-hosts'], 'the gateway behind ssh', (sshdPath) => {
  let far = undefined as never as FarSide
  beforeAll(async () => {
    far = await startFarSide(sshdPath)
  })

  /** A laptop that acts on the gateway by its port and token: in the home of that login there is nothing to find. */
  async function laptopWithToken(port: number): Promise<Laptop> {
    const sshd = await startSshd(sshdPath, { login: { home: await tempFolder() } })
    const laptop = await laptopWith(sshd)
    const use = ['remote', 'use', `ssh://${sshd.target}`, '--remote-port', String(port), '--stdin']
    done(use, await laptop.xopc(use, { input: far.gateway.token }))
    return laptop
  }

  async function fingerprintOf({ gateway }: Pick<FarSide, 'gateway'>): Promise<string> {
    // `as`: the test's own subject.
    return ((await (await gateway.fetch('/api/status')).json()) as { fingerprint: string }).fingerprint
  }

  it('is said with its fingerprint the first time, also beside --json, and never again', async () => {
    const laptop = await laptopWith(far.sshd)
    const status = ['status', '--url', `ssh://${far.sshd.target}`, '--json']
    const [first, second] = [await laptop.xopc(status), await laptop.xopc(status)]
    expect(first.stderr.match(/SHA256:\S{43}/g)).toEqual([await fingerprintOf(far)])
    expect(first.stderr).toContain('First time')
    expect([second.code, second.stderr, second.stdout]).toEqual([0, '', first.stdout])
  })

  it.each<[what: string, start: () => Promise<MisbehavingHttp>]>([
    ['somebody else’s gateway', startFakeGateway],
    ['a page', async () => await onRequests({}, () => (_, res) => void res.end('<h1>It works</h1>'))],
    ['nothing but a refusal', async () => await onRequests({}, () => (_, res) => void res.writeHead(401).end())],
  ])('is missed where %s has its port, which hears no token', async (_, start) => {
    const laptop = await laptopWithToken(far.gateway.port)
    const fake = await start()
    done([], await laptop.xopc(['config', 'set', `gateway.remote.url=http://127.0.0.1:${fake.port}`]))
    for (const args of [['status'], ['devices', 'list'], ['gateway', 'stop'], ['gateway', 'token', '--generate']]) {
      const { code, stdout, stderr } = await laptop.xopc([...args, '--json'])
      expect([code, errorIn(stdout).code], stdout + stderr).toEqual([1, 'WRONG_GATEWAY'])
    }
    expect(await laptop.json(['remote', 'status'])).toMatchObject({ reached: false, error: { code: 'WRONG_GATEWAY' } })
    expect(new Set(fake.heard().map(({ path }) => path))).toEqual(new Set(['/api/gateway-identity/challenge']))
    expect(JSON.stringify(fake.heard())).not.toMatch(new RegExp(`authorization|cookie|${far.gateway.token}`, 'i'))
  })

  it('is missed where another one runs as the same user, also where nothing has the port', async () => {
    const own = await startFarSide(sshdPath)
    const laptop = await laptopWith(own.sshd)
    await laptop.use(own.sshd.target)
    await own.gateway.stop()
    // Its lock names the address that is meant, and nothing listens there: only the owner's socket answers, with another key.
    const other = await startGateway({ stateDir: await tempFolder() })
    const lock = { pid: other.pid, url: own.gateway.url, socket: other.controlSocket, version: '1', apiLevel: 1 }
    await writeFile(join(own.home, '.xopc', 'run', 'gateway.json'), JSON.stringify(lock))
    expect(errorIn((await laptop.xopc(['status', '--json'])).stdout)).toMatchObject({ code: 'WRONG_GATEWAY' })
  })

  it('that was set up anew is refused until its old key is forgotten', async () => {
    const own = await startFarSide(sshdPath)
    const laptop = await laptopWith(own.sshd)
    const old = /SHA256:\S{43}/.exec((await laptop.use(own.sshd.target)).stdout)?.[0]
    await own.gateway.stop()
    await rm(join(own.gateway.stateDir, 'identity.json'))
    const anew = await startGateway({ stateDir: own.gateway.stateDir, args: ['--port', String(own.gateway.port)] })
    const fingerprint = await fingerprintOf({ gateway: anew })
    expect(fingerprint).not.toBe(old)
    for (const args of [['status'], ['remote', 'use', `ssh://${own.sshd.target}`], ['gateway', 'stop']]) {
      const { code, stdout } = await laptop.xopc([...args, '--json'])
      expect([code, errorIn(stdout)]).toEqual([1, expect.objectContaining({ code: 'WRONG_GATEWAY' })])
      expect(errorIn(stdout).hint).toMatch(new RegExp(`: xopc remote forget ssh://${own.sshd.target}$`))
    }
    expect(await laptop.json(['remote', 'forget', `ssh://${own.sshd.target}`])).toEqual({ forgotten: true })
    const used = await laptop.use(own.sshd.target)
    expect(used.stderr).toContain(fingerprint)
    expect(used.stdout).toContain(fingerprint)
    expect(await laptop.json(['gateway', 'status'])).toMatchObject({ pid: anew.pid, fingerprint })
  })

  it('that is older than this xopc, and does not know what is asked, is said to be', async () => {
    const older = { status: 404, headers: { 'content-type': 'application/json', 'x-xopc-api': '0' } }
    const body = JSON.stringify({ error: 'There is nothing here.', code: 'NOT_FOUND' })
    const relay = await startRelay(far.gateway.url, {}, ({ path }) => (path === '/xopc/api/devices' ? { ...older, body } : null))
    const laptop = await laptopWithToken(relay.port)
    expect(await laptop.json(['gateway', 'status'])).toMatchObject({ pid: far.gateway.pid })
    const { code, stdout } = await laptop.xopc(['devices', 'list', '--json'])
    expect([code, errorIn(stdout).code]).toEqual([1, 'GATEWAY_VERSION_SKEW'])
  })
})
