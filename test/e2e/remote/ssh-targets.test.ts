import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { startSshd } from '../../support/sshd.ts'
import { errorIn } from '../cli/house.ts'
import { laptopWith } from './far-side.ts'

// What names the other computer is a person's text, or that of a link they were given. No program sees it before it was judged.
needsPeer('sshd', 'a target', (sshdPath) => {
  const targets = [
    '-oProxyCommand=touch%20x@host',
    '-oProxyCommand=touch x',
    'me@-oProxyCommand=touch x',
    '$(touch x)',
    '`touch x`@host',
    'host;touch x',
    'my host',
    'host\nProxyCommand touch x',
    'host\u001b[2J',
    'me@host:22 -oProxyCommand=touch',
    'me@host:0',
    'me:secret@host',
    'me@[::1%$(touch x)]',
    'host/$(touch x)',
    '',
  ]
  it.each(targets)('%j is refused wherever it stands, and nothing is run', async (target) => {
    const sshd = await startSshd(sshdPath)
    // As many have it: a shell is handed the host.
    await sshd.configure('Host *', 'ProxyCommand sh -c "exec nc %h %p"')
    const [laptop, cwd, byHand] = [await laptopWith(sshd), await tempFolder(), await tempFolder()]
    const remote = { url: 'http://127.0.0.1:18790', transport: 'ssh', sshTarget: target }
    await mkdir(join(byHand, '.xopc'), { mode: 0o700 })
    await writeFile(join(byHand, '.xopc/xopc.json'), JSON.stringify({ gateway: { mode: 'remote', remote } }), { mode: 0o600 })
    const inFile = await laptopWith(sshd, { stateDir: join(byHand, '.xopc') })
    const url = `ssh://${target}`
    const ran = await Promise.all([
      laptop.xopc(['remote', 'use', `--json`, '--', url], { cwd }),
      laptop.xopc(['status', `--url=${url}`, '--json'], { cwd }),
      laptop.xopc(['status', '--json'], { cwd, env: { XOPC_GATEWAY_URL: url } }),
      inFile.xopc(['status', '--json'], { cwd }),
    ])
    for (const [way, { code, stdout, stderr }] of ran.entries()) {
      expect([2, 3], `way ${way}: ${stdout}${stderr}`).toContain(code)
      expect(['SSH_TARGET_INVALID', 'REMOTE_URL_INVALID', 'CONFIG_INVALID']).toContain(errorIn(stdout).code)
      for (const never of ['\u001b', 'secret']) expect(stdout + stderr).not.toContain(never)
    }
    expect(await readdir(cwd)).toEqual([])
    expect(await sshd.clients()).toEqual([])
  })
})
