import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { otherComputer, type OtherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import { startProgram } from '../../support/program.ts'
import { type Sshd, startSshd } from '../../support/sshd.ts'
import { root } from '../../support/build.ts'
import { startXopc } from '../cli/running.ts'
import { healthOf } from './health.ts'

const PORT = 18_790
const TOKEN = '0123456789abcdef0123456789abcdef0123456789abcdef'

// The far gateway is reachable by nothing but sshd: it listens on the loopback of another computer.
needsPeer(['sshd', 'netns', 'curl'], 'a tunnel to another computer', (sshdPath, ip) => {
  it('is back within 5 s after a link that was gone for 20 s, with the same address here', async () => {
    const { other, sshd } = await farHost(sshdPath, ip)
    const stateDir = await tempFolder()
    const running = startXopc(['gateway', 'ssh-tunnel', '--target', sshd.target], { stateDir, env: { XOPC_SSH_PATH: sshd.ssh } })
    const [url] = await running.says(/^http:\/\/127\.0\.0\.1:\d+$/m)
    expect(await healthOf(url)).toBe(200)
    await other.cable('down')
    await sleep(20_000)
    expect(await healthOf(url)).toBe(0)
    await other.cable('up')
    await expect.poll(async () => await healthOf(url), { timeout: 5000, interval: 100 }).toBe(200)
    await running.says(/broke off|cannot be reached/)
    await running.says(/Back after \d+ seconds/)
    running.kill('SIGINT')
    expect(await running.ended).toBe(0)
  })

  it('lives on after both it and its ssh slept', async () => {
    const { sshd } = await farHost(sshdPath, ip)
    const stateDir = await tempFolder()
    const running = startXopc(['gateway', 'ssh-tunnel', '--target', sshd.target], { stateDir, env: { XOPC_SSH_PATH: sshd.ssh } })
    const [url] = await running.says(/^http:\/\/127\.0\.0\.1:\d+$/m)
    const ssh = await sshd.clients()
    expect(ssh).not.toEqual([])
    for (const pid of [...ssh, running.pid]) process.kill(pid, 'SIGSTOP')
    await sleep(15_000)
    for (const pid of [...ssh, running.pid]) process.kill(pid, 'SIGCONT')
    await expect.poll(async () => await healthOf(url), { timeout: 10_000, interval: 100 }).toBe(200)
    running.kill('SIGINT')
    expect(await running.ended).toBe(0)
  })
})

async function farHost(sshdPath: string, ip: string): Promise<{ other: OtherComputer; sshd: Sshd }> {
  const other = await otherComputer(ip)
  const sshd = await startSshd(sshdPath, { on: other })
  const env = { XOPC_STATE_DIR: await tempFolder(), XOPC_GATEWAY_TOKEN: TOKEN }
  await startProgram([...other.prefix, process.execPath, join(root, 'bin/run.js'), 'gateway'], [], env)
  // It listens where this computer cannot look.
  for (let left = 200; left > 0; left--) {
    const { code } = await other.run(['curl', '-sf', '-o', '/dev/null', `http://127.0.0.1:${PORT}/health`])
    if (code === 0) return { other, sshd }
    await sleep(50)
  }
  throw new Error('the far gateway did not come up')
}
