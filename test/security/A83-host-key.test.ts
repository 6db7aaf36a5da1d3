import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../support/cleanup.ts'
import { xopc } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { startSshd } from '../support/sshd.ts'

// Whoever stands between the laptop and its host shows a key of its own. Taking it unseen would be to trust them.

needsPeer('sshd', 'a host key', (sshdPath) => {
  it.each([
    ['that nobody knows', 'SSH_HOST_KEY_UNKNOWN', 'forget'],
    ['that is another one than before', 'SSH_HOST_KEY_CHANGED', 'change'],
  ] as const)('%s is not accepted, and known_hosts stays as it is', async (_, wanted, how) => {
    const sshd = await startSshd(sshdPath)
    const known = join(sshd.folder, 'known_hosts')
    if (how === 'forget') await writeFile(known, '')
    else {
      await sshd.stop()
      await sshd.restart({ newHostKey: true })
    }
    const before = await readFile(known, 'utf8')
    const env = { XOPC_SSH_PATH: sshd.ssh }
    const { code, stdout } = await xopc(['gateway', 'ssh-tunnel', '--target', sshd.target, '--json'], { stateDir: await tempFolder(), env })
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: wanted } })
    expect(code).toBe(1)
    expect(await readFile(known, 'utf8')).toBe(before)
  })
})
