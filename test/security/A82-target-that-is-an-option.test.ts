import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { tempFolder } from '../support/cleanup.ts'
import { xopc } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { startSshd } from '../support/sshd.ts'

// A target that ssh takes for an option, or that a shell of its configuration reads, runs a command on the laptop.

needsPeer('sshd', 'a target of ssh', (sshdPath) => {
  it.each<[flag: 'target' | 'jump', make: (command: string) => string]>([
    ['target', (command) => `-oProxyCommand=${command}`],
    ['target', (command) => `-oProxyCommand=${command}@host`],
    ['target', (command) => `host -oProxyCommand=${command}`],
    ['target', (command) => `$(${command})`],
    ['target', (command) => `\`${command}\``],
    ['target', (command) => `host;${command}`],
    ['target', (command) => `host|${command}`],
    ['target', (command) => `host\n${command}`],
    ['target', (command) => `anna'$(${command})'@host`],
    ['target', (command) => `ssh://-oProxyCommand=${command}/`],
    ['jump', (command) => `-oProxyCommand=${command}`],
    ['jump', (command) => `host,-oProxyCommand=${command}`],
    ['jump', (command) => `host,$(${command})`],
  ])('--%s %s', async (flag, make) => {
    const folder = await tempFolder()
    const sshd = await startSshd(sshdPath)
    // A configuration that hands the host to a shell, as many have.
    await sshd.configure('Host *', 'ProxyCommand sh -c "exec nc %h %p"')
    const marker = join(folder, 'ran')
    const others = flag === 'jump' ? ['--target', sshd.target] : []
    const args = ['gateway', 'ssh-tunnel', ...others, `--${flag}=${make(`touch ${marker}`)}`, '--json']
    const { code, stdout } = await xopc(args, { stateDir: folder, env: { XOPC_SSH_PATH: sshd.ssh } })
    expect(existsSync(marker)).toBe(false)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'SSH_TARGET_INVALID' } })
    expect(code).toBe(2)
  })
})
