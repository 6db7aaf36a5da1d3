import { existsSync } from 'node:fs'
import { chmod, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { answers, freePort } from '../../support/ports.ts'
import { type FarSide, type Laptop, laptopWith, mastersIn, startFarSide } from './far-side.ts'

// Signing in is what takes time, so commands one after the other share one connection, which belongs to ssh and ends by itself.
needsPeer(['sshd', 'own-hosts'], 'the connection that commands share', (sshdPath) => {
  let far = undefined as never as FarSide
  let left: Awaited<ReturnType<typeof leftBehind>> = undefined as never
  beforeAll(async () => {
    far = await startFarSide(sshdPath)
    left = await leftBehind()
  })

  /** What commands leave that were killed: one while it watched, one while ssh was signing in. */
  async function leftBehind(): Promise<{ watched: Laptop; signingIn: Laptop; at: number; gone: Promise<number> }> {
    const watched = await laptop()
    const watching = watched.start(['status', '--watch', '--json'])
    await watching.says(/"gatewayId"/)
    const [master = 0] = await watched.masters()
    watching.kill('SIGKILL')
    const slow = await tempFolder()
    await writeFile(
      join(slow, 'ssh'),
      `#!/bin/sh\n[ "$1" = -V ] || touch ${slow}/called\n[ "$1" = -V ] || sleep 1\nexec ${far.sshd.ssh} "$@"\n`,
    )
    await chmod(join(slow, 'ssh'), 0o755)
    const signingIn = await laptopWith({ ssh: join(slow, 'ssh') })
    const status = signingIn.start(['status', '--url', `ssh://${far.sshd.target}`])
    while (!existsSync(join(slow, 'called'))) await sleep(25)
    status.kill('SIGKILL')
    await Promise.all([watching.ended, status.ended])
    // ssh goes on with what it was told.
    while ((await signingIn.masters()).length === 0) await sleep(100)
    const at = Date.now()
    if (!isAlive(master)) throw new Error('the shared ssh ended with its command')
    return { watched, signingIn, at, gone: endOf(master) }
  }

  /** A laptop that acts on the far gateway. */
  async function laptop(options?: Parameters<typeof laptopWith>[1]): Promise<Laptop> {
    const own = await laptopWith(far.sshd, options)
    await own.use(far.sshd.target)
    return own
  }

  async function expectFar(own: Laptop): Promise<void> {
    expect(await own.json(['gateway', 'status'])).toMatchObject({ pid: far.gateway.pid })
  }

  it('is one for commands one after the other, and `remote off` ends it', async () => {
    const before = await far.sshd.connections()
    const own = await laptop()
    const masters = await own.masters()
    expect(masters).toHaveLength(1)
    for (const args of [['status'], ['devices', 'list'], ['gateway', 'health']]) await own.json(args)
    expect(await own.masters()).toEqual(masters)
    expect(await far.sshd.connections()).toBe(before + 1)
    expect((await own.xopc(['remote', 'off'])).code).toBe(0)
    await expect.poll(own.masters).toEqual([])
    await expect.poll(far.sshd.connections).toBe(before)
  })

  it('has sockets that only this user can open, in a folder that only this user can enter', async () => {
    const own = await laptop()
    const run = join(own.stateDir, 'run')
    const sockets = (await readdir(run)).filter((name) => !name.endsWith('.lock'))
    expect(sockets.map((name) => name.slice(0, 2)).toSorted()).toEqual(['f-', 's-'])
    expect((await stat(run)).mode & 0o777).toBe(0o700)
    for (const name of sockets) expect((await stat(join(run, name))).mode & 0o777, name).toBe(0o600)
  })

  it('is made once where three commands come at the same time', async () => {
    const own = await laptop()
    await endAll(own, 'SIGTERM')
    const before = await far.sshd.connections()
    await Promise.all([1, 2, 3].map(async () => await expectFar(own)))
    expect(await own.masters()).toHaveLength(1)
    expect(await far.sshd.connections()).toBe(before + 1)
  })

  it('is made anew where the one before was killed, whose sockets are still there', async () => {
    const own = await laptop()
    await endAll(own, 'SIGKILL')
    expect((await readdir(join(own.stateDir, 'run'))).filter((name) => /^[fs]-[^.]*$/.test(name))).toHaveLength(2)
    await expectFar(own)
    expect(await own.masters()).toHaveLength(1)
  })

  it('leads there again where somebody took the file of its socket away', async () => {
    const own = await laptop()
    const run = join(own.stateDir, 'run')
    for (const name of await readdir(run)) if (name.startsWith('f-')) await rm(join(run, name))
    await expectFar(own)
    expect(await own.masters()).toHaveLength(1)
  })

  it('that sleeps is not waited for longer than 10 s', async () => {
    const own = await laptop()
    const [frozen = 0] = await own.masters()
    process.kill(frozen, 'SIGSTOP')
    try {
      const begin = Date.now()
      await expectFar(own)
      expect(Date.now() - begin).toBeLessThan(20_000)
      await expectFar(own)
      expect(await own.masters()).toHaveLength(2)
    } finally {
      process.kill(frozen, 'SIGKILL')
    }
  })

  it('holds no port that the configuration of ssh forwards for a person', async () => {
    const own = await laptopWith(far.sshd)
    const port = await freePort()
    await far.sshd.configure('Host *', `LocalForward ${port} 127.0.0.1:1`)
    await own.use(far.sshd.target)
    expect(await answers({ host: '127.0.0.1', port })).toBe(false)
    await far.sshd.configure()
  })

  it('asks for nothing but where the gateway is, also where the configuration of ssh has a command of its own', async () => {
    const own = await laptopWith(far.sshd)
    await far.sshd.configure('Host *', 'RemoteCommand echo hello', 'RequestTTY yes')
    await own.use(far.sshd.target)
    await expectFar(own)
    await far.sshd.configure()
  })

  it.each<[what: string, name: string]>([
    ['long', 'x'.repeat(90)],
    ['with spaces', 'my state folder'],
    ['with a colon', 'a:b'],
    ['with signs that ssh fills in', '%h%%'],
    ['with letters of another language', 'état'],
  ])('has its sockets elsewhere where the path of the state folder is one that ssh would misread: %s', async (_, name) => {
    const [outer, tmp] = [await tempFolder(), await tempFolder()]
    const own = await laptop({ stateDir: join(outer, name), env: { TMPDIR: tmp } })
    await expectFar(own)
    expect(await mastersIn(tmp)).toHaveLength(1)
    for (const each of await readdir(tmp)) expect((await stat(join(tmp, each))).mode & 0o777, each).toBe(0o700)
    expect((await own.xopc(['remote', 'off'])).code).toBe(0)
    await expect.poll(async () => await mastersIn(tmp)).toEqual([])
  })

  it('ends at `remote off` also where the laptop lost what ssh needs, as far as it can', async () => {
    const own = await laptop()
    const off = await own.xopc(['remote', 'off'], { env: { XOPC_SSH_PATH: '/nonexistent' } })
    expect([off.code, off.stdout]).toEqual([0, expect.stringContaining('Commands act on this computer again.')])
    expect(await own.json(['remote', 'status'])).toMatchObject({ mode: 'local' })
  })

  it('ends by itself a minute after the last command, also after commands that were killed', async () => {
    const { watched, signingIn, at, gone } = left
    // Watched from the beginning: how long the tests before this one took says nothing of it.
    expect((await gone) - at).toBeGreaterThan(50_000)
    expect(await watched.masters()).toEqual([])
    await expect.poll(signingIn.masters, { timeout: 10_000, interval: 500 }).toEqual([])
    expect(await signingIn.json(['status', '--url', `ssh://${far.sshd.target}`])).toMatchObject({ running: true })
  })

  function isAlive(pid: number): boolean {
    try {
      return process.kill(pid, 0)
    } catch {
      // Nothing has that number any more.
      return false
    }
  }

  /** When a process ended, in milliseconds since the epoch. */
  async function endOf(pid: number): Promise<number> {
    while (isAlive(pid)) await sleep(250)
    return Date.now()
  }

  async function endAll(own: Laptop, signal: NodeJS.Signals): Promise<void> {
    for (const pid of await own.masters()) process.kill(pid, signal)
    await expect.poll(own.masters).toEqual([])
    await sleep(50)
  }
})
