import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { otherComputer, type OtherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import type { Ran } from '../../support/run.ts'
import { type Sshd, startSshd } from '../../support/sshd.ts'
import { errorIn } from '../cli/house.ts'
import { type Laptop, laptopWith } from './far-side.ts'

// The far gateway listens on the loopback of another computer, which this one reaches by sshd alone; nothing of xopc is on the PATH there. On this
// computer runs a gateway of its own, on the very state folder that the commands use: whatever they say of that one would be a lie.
needsPeer(['sshd', 'netns', 'own-hosts', 'curl'], 'a gateway on another computer', (sshdPath, ip) => {
  let [other, sshd]: [OtherComputer, Sshd] = [undefined as never, undefined as never]
  let [local, laptop]: [RunningGateway, Laptop] = [undefined as never, undefined as never]
  let [home, localId, farId]: [string, string, string] = ['', '', '']
  beforeAll(async () => {
    home = await tempFolder()
    other = await otherComputer(ip)
    ;[sshd, local] = await Promise.all([startSshd(sshdPath, { on: other, login: { home } }), startGateway()])
    laptop = await laptopWith(sshd, { stateDir: local.stateDir })
    localId = await idOf(['gateway', 'status'])
    await startFar()
  })

  it('is the one that every command tells of, once it was chosen', async () => {
    const { stderr, stdout } = await laptop.use(sshd.target)
    farId = /First time at .* by ssh: gateway ([\w-]+), key SHA256:/.exec(stderr)?.[1] ?? ''
    expect(stdout).toContain(`Commands now act on gateway ${farId} at ${sshd.target} by ssh.`)
    expect(farId).not.toBe(localId)
    expect(await idOf(['status'])).toBe(farId)
    const { ingress } = await laptop.json<{ ingress: unknown[] }>(['gateway', 'status'])
    expect(ingress).toContainEqual({ id: 'control', addresses: [join(home, '.xopc/run/control.sock')] })
    expect(await laptop.json(['devices', 'list'])).toEqual([])
    // It looks from there: only that computer has this address, on which nothing of ours listens.
    expect(await laptop.json(['lan', 'status'])).toMatchObject({ candidates: [{ url: `http://${other.address}:18790` }] })
    const tested = await laptop.xopc(['proxy', 'test', `http://${other.address}:18790`, '--json'])
    expect([tested.code, tested.stdout]).toEqual([1, expect.stringContaining('"DNS_OR_CONN_REFUSED"')])
    expect(await laptop.json(['remote', 'status'])).toMatchObject({ mode: 'remote', transport: 'ssh', gatewayId: farId, reached: true })
    const shown = await laptop.xopc(['status'])
    expect([shown.code, shown.stderr]).toEqual([0, `Gateway: ${sshd.target} by ssh\n`])
  })

  it('is the one that a change changes', async () => {
    expect((await laptop.xopc(['proxy', 'set', 'https://far.invalid'])).code).toBe(1)
    expect(await publicUrlOf(local.stateDir)).toBeNull()
    expect(await publicUrlOf(join(home, '.xopc'))).toBe('https://far.invalid')
    expect((await laptop.xopc(['proxy', 'clear'])).code).toBe(0)
  })

  it('is the one that starts anew and ends; commands say then that it does not run, and nothing of the one here', async () => {
    const before = await laptop.json<{ startedAt: string }>(['gateway', 'status'])
    expect(await laptop.json(['gateway', 'restart'])).toMatchObject({ restarted: true, url: 'http://127.0.0.1:18790' })
    expect((await laptop.json<{ startedAt: string }>(['gateway', 'status'])).startedAt).not.toBe(before.startedAt)
    expect(await laptop.json(['gateway', 'stop'])).toEqual({ stopped: true })
    for (const args of [['status'], ['gateway', 'status'], ['devices', 'list'], ['lan', 'status'], ['gateway', 'stop'], ['pair']]) {
      expectError(await laptop.xopc([...args, '--json']), ['REMOTE_GATEWAY_NOT_RUNNING'])
    }
    const { code, stderr, stdout } = await laptop.xopc(['status'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`ssh reached ${sshd.target}, but no gateway runs there on port 18790.`)
    expect(await laptop.json(['remote', 'status'])).toMatchObject({ gatewayId: farId, reached: false })
    expect((await laptop.xopc(['remote', 'status', '--check'])).code).toBe(1)
    expect(await (await local.fetch('/api/status')).json()).toMatchObject({ gatewayId: localId, pid: local.pid })
    await startFar()
    expect(await idOf(['status'])).toBe(farId)
  })

  it('is not reached where the cable is pulled, which is said within 20 s, and reached again once it is back', async () => {
    await other.cable('down')
    const begin = Date.now()
    expectError(await laptop.xopc(['status', '--json']), ['SSH_NO_CONNECTION', 'SSH_LOST'])
    expect(Date.now() - begin).toBeLessThan(20_000)
    expectError(await laptop.xopc(['gateway', 'status', '--json']), ['SSH_NO_CONNECTION'])
    await other.cable('up')
    expect(await idOf(['status'])).toBe(farId)
  })

  it('is none of theirs any more after `remote off`', async () => {
    await laptop.xopc(['remote', 'off'])
    expect([await idOf(['status']), await idOf(['gateway', 'status'])]).toEqual([localId, localId])
    expect(await laptop.masters()).toEqual([])
    expect((await laptop.xopc(['remote', 'use', '--json'])).code).toBe(0)
    expect(await idOf(['status'])).toBe(farId)
    await laptop.xopc(['remote', 'off'])
  })

  async function idOf(args: readonly string[]): Promise<string> {
    return (await laptop.json<{ gatewayId: string }>(args)).gatewayId
  }

  function expectError({ code, stdout, stderr }: Ran, codes: readonly string[]): void {
    expect(codes, stdout + stderr).toContain(errorIn(stdout).code)
    expect(code).toBe(1)
    expect(errorIn(stdout).message.split('\n')).toHaveLength(1)
    for (const ours of [localId, local.token, String(local.port)]) expect(stdout + stderr).not.toContain(ours)
  }

  /** Starts it there in the background, where it outlives the command that started it. */
  async function startFar(): Promise<void> {
    const env = { PATH: '/usr/bin:/bin', HOME: home, NO_COLOR: '1' }
    const argv = [process.execPath, join(root, 'bin/run.js')] as const
    const { code, stderr } = await other.run([...argv, 'gateway', '--background'], { env })
    expect(code, stderr).toBe(0)
    atEnd(async () => await other.run([...argv, 'gateway', 'stop'], { env }))
  }
})

async function publicUrlOf(stateDir: string): Promise<string | null> {
  return /"?publicUrl"?: "([^"]+)"/.exec(await readFile(join(stateDir, 'xopc.json'), 'utf8'))?.[1] ?? null
}
