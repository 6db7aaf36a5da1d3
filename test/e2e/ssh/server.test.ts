import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createClient } from '../../../src/lib/client/xopc-client.ts'
import type { Xopc } from '../../../src/lib/core/xopc.ts'
import { createSocketTransport } from '../../../src/lib/remote/control-socket.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { root } from '../../support/build.ts'
import { otherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import { startProgram } from '../../support/program.ts'
import { startSshd } from '../../support/sshd.ts'

// Another computer has a port 22 of its own, and its gateway is asked by its socket, which knows no networks.
needsPeer(['sshd', 'netns'], 'the server of ssh beside a gateway', (sshdPath, ip) => {
  it('is seen coming and going, by an event and in the overview', async () => {
    const other = await otherComputer(ip)
    const xopc = await gatewayOn(other.prefix)
    const ssh = async () => (await xopc.overview()).ssh
    expect((await ssh()).server).toEqual({ port: 22, listens: false })

    const told: unknown[] = []
    const over = new AbortController()
    const listening = (async () => {
      for await (const { type, data } of xopc.events(over.signal)) if (type === 'ssh.server') told.push(data)
    })()
    const sshd = await startSshd(sshdPath, { on: { ...other, port: 22 } })
    await expect.poll(() => told, { timeout: 15_000 }).toEqual([{ port: 22, listens: true }])
    expect((await ssh()).server).toEqual({ port: 22, listens: true })
    await sshd.stop()
    await expect.poll(() => told.at(-1), { timeout: 15_000 }).toEqual({ port: 22, listens: false })
    over.abort()
    await listening
  })
})

async function gatewayOn(prefix: readonly [string, ...string[]]): Promise<Xopc> {
  const stateDir = await tempFolder()
  await startProgram([...prefix, process.execPath, join(root, 'bin/run.js'), 'gateway', '--port', '0'], [], { XOPC_STATE_DIR: stateDir })
  const xopc = createClient(createSocketTransport(join(stateDir, 'run', 'control.sock')))
  await expect.poll(async () => await xopc.health().then(({ status }) => status, String), { timeout: 20_000 }).toBe('ok')
  return xopc
}
