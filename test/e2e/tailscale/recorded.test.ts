import { once } from 'node:events'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { trimmed } from '../../fixtures/tailscale/trimmed.ts'
import { root } from '../../support/build.ts'
import { needsPeer } from '../../support/peers.ts'
import { type Ran, run, start } from '../../support/run.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'

/** Holds what Tailscale prints against test/fixtures/tailscale; its README says how to record it anew. What ends with another code or prints on both streams is not recorded. */
async function recorded(
  file: string,
  ran: Ran,
  { code = 0, stream = 'stdout' }: { code?: number; stream?: 'stdout' | 'stderr' } = {},
): Promise<void> {
  const other = stream === 'stdout' ? 'stderr' : 'stdout'
  expect({ code: ran.code, [other]: ran[other].trim() }).toEqual({ code, [other]: '' })
  await expect(trimmed(ran[stream])).toMatchFileSnapshot(join(root, 'test/fixtures/tailscale', file))
}

const refused = { code: 1, stream: 'stderr' } as const

needsPeer(tailnetPeers, 'what Tailscale prints', () => {
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet({ unjoined: ['c', 'd'] })
  })
  const cli = (...args: string[]) => tailnet.cli('a', args)
  const nobody = (...args: string[]) => run([tailnet.node('a').tailscaleAsNobody, ...args])
  const serve = (...args: string[]) => cli('serve', '--bg', ...args)
  const clear = () => cli('serve', 'reset')
  const status = (name: string) => tailnet.cli(name, ['status', '--json'])
  const stored = () => cli('serve', 'status', '--json')
  const settled = (name: string, state: string) =>
    tailnet.until(name, `to be ${state}`, ({ BackendState, Health }) => {
      return BackendState === state && !Health.some((line) => line.includes('starting'))
    })

  it('of its version', async () => {
    await recorded('version.txt', await cli('version'))
    await recorded('version.json', await cli('version', '--json'))
  })

  it('of a node that runs, and of one that never joined', async () => {
    await settled('a', 'Running')
    await recorded('status-running.json', await status('a'))
    await recorded('status-never-joined.json', await status('c'))
    await recorded('serve-never-joined.txt', await tailnet.cli('c', ['serve', '--bg', '3000']), refused)
    await recorded('serve-status-never-joined.json', await tailnet.cli('c', ['serve', 'status', '--json']))
  })

  it('of whom an address belongs to', async () => {
    await recorded('whois-user.json', await cli('whois', '--json', '100.64.0.2'))
    await recorded('whois-unknown.txt', await cli('whois', '--json', '100.64.0.99'), refused)
    await tailnet.admin('tag?node=node-b&tag=tag:server')
    await tailnet.until('b', 'to have a tag', ({ Self }) => Self.Tags !== undefined)
    await expect.poll(async () => (await cli('whois', '--json', '100.64.0.2')).stdout).toContain('tag:server')
    await recorded('whois-tagged.json', await cli('whois', '--json', '100.64.0.2'))
  })

  it('of what is served: nothing, ours, and what others put beside it', async () => {
    await recorded('serve-status-empty.json', await stored())
    await recorded('serve-done.txt', await serve('--https=443', 'http://127.0.0.1:18791'))
    await recorded('serve-status-ours.json', await stored())
    await serve('--https=443', '--set-path=/photos', 'http://127.0.0.1:2342')
    await recorded('serve-status-foreign-mount.json', await stored())
    await recorded('serve-off-no-such-mount.txt', await cli('serve', '--https=443', '--set-path=/nope', 'off'), refused)
    await recorded('serve-off-no-such-port.txt', await cli('serve', '--https=8443', 'off'), refused)
    await recorded('serve-tcp-on-a-web-port.txt', await serve('--tcp=443', 'tcp://127.0.0.1:5432'), refused)
    await clear()
    await serve('--https=443', 'http://127.0.0.1:8123')
    await recorded('serve-status-foreign.json', await stored())
    await clear()
    await serve('--tcp=443', 'tcp://127.0.0.1:5432')
    await recorded('serve-status-foreign-tcp.json', await stored())
    await recorded('serve-web-on-a-tcp-port.txt', await serve('--https=443', 'http://127.0.0.1:18791'), refused)
    await clear()
    await serve('--https=443', 'unix:/run/xopc/tailscale.sock')
    await recorded('serve-status-ours-unix.json', await stored())
    await clear()
  })

  it('of Funnel', async () => {
    await recorded('funnel-done.txt', await cli('funnel', '--bg', '--https=443', 'http://127.0.0.1:18791'))
    await recorded('serve-status-funnel.json', await stored())
    // Its words about Funnel go to stderr, the usual ones of `serve` to stdout.
    const serves = await serve('--https=443', 'http://127.0.0.1:18791')
    await recorded('serve-removes-funnel.txt', { ...serves, stdout: '' }, { stream: 'stderr' })
    await clear()
  })

  it('of what is served in the foreground', async () => {
    const foreign = start([tailnet.node('a').tailscale, 'serve', '--https=443', 'http://127.0.0.1:8123'])
    await expect.poll(async () => (await stored()).stdout).toContain('Foreground')
    await recorded('serve-status-foreground.json', await stored())
    await recorded('serve-beside-foreground.txt', await serve('--https=443', 'http://127.0.0.1:18791'), refused)
    foreign.kill('SIGTERM')
    await expect.poll(async () => (await stored()).stdout.trim()).toBe('{}')
  })

  it('to a user who may not change anything, and to the operator', async () => {
    await recorded('serve-denied.txt', await nobody('serve', '--bg', 'http://127.0.0.1:18791'), refused)
    await cli('set', '--operator=nobody')
    await recorded('serve-unix-as-operator.txt', await nobody('serve', '--bg', 'unix:/run/xopc/tailscale.sock'), refused)
    await cli('set', '--operator=')
  })

  it('where the tailnet does not have it', async () => {
    await tailnet.admin('set?funnel=0')
    await tailnet.until('a', 'without Funnel', ({ Self }) => !Object.hasOwn(Self.CapMap ?? {}, 'funnel'))
    await recorded('status-funnel-off.json', await status('a'))
    await recorded('funnel-not-enabled.txt', await cli('funnel', '--bg', 'http://127.0.0.1:18791'))
    await tailnet.admin('set?https=0')
    await tailnet.until('a', 'without HTTPS', ({ CertDomains }) => CertDomains === null)
    await recorded('status-https-off.json', await status('a'))
    await recorded('serve-not-enabled.txt', await serve('http://127.0.0.1:18791'))
  })

  it('while it waits for the admin', async () => {
    await tailnet.admin('set?wait=1')
    const waits = start([tailnet.node('a').tailscale, 'serve', '--bg', 'http://127.0.0.1:18791'])
    let stdout = ''
    waits.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    await expect.poll(() => stdout).toContain('https://login')
    await tailnet.admin('set?https=1&funnel=1')
    await once(waits, 'close')
    await recorded('serve-enabled-meanwhile.txt', { code: waits.exitCode, signal: null, stdout, stderr: '' })
    await clear()
  })

  it('of a node that waits for somebody', async () => {
    await tailnet.admin('login?on=1')
    await tailnet.join('c', 'NeedsLogin')
    await recorded('status-needs-login.json', await status('c'))
    await tailnet.admin('login?on=0')
    await tailnet.admin('approval?on=1')
    await tailnet.join('d', 'NeedsMachineAuth')
    await recorded('status-needs-approval.json', await status('d'))
    await recorded('serve-needs-approval.txt', await tailnet.cli('d', ['serve', '--bg', '3000']), refused)
    await tailnet.admin('approval?on=0')
  })

  it('of a node whose key expired, that was stopped, that was logged out', async () => {
    await tailnet.admin('expire?on=1')
    await settled('a', 'NeedsLogin')
    await recorded('status-expired.json', await status('a'))
    await recorded('serve-expired.txt', await serve('3000'), refused)
    await tailnet.admin('expire?on=0')
    await settled('a', 'Running')
    await cli('down')
    await recorded('status-stopped.json', await status('a'))
    await recorded('serve-stopped.txt', await serve('3000'), refused)
    await tailnet.join('a')
    await cli('logout')
    await settled('a', 'NeedsLogin')
    await recorded('status-logged-out.json', await status('a'))
    await recorded('serve-logged-out.txt', await serve('3000'), refused)
  })

  it('when no daemon runs', async () => {
    await tailnet.killDaemon('a')
    const alone = (...args: string[]) => run([tailnet.node('a').tailscaleAlone, ...args])
    // `tailscale` waits for a daemon to come: 2 s, and 5 s where it sees some other one.
    const tries = [alone('status', '--json'), alone('serve', '--bg', '3000'), alone('serve', 'status', '--json'), status('a')] as const
    const [ofStatus, ofServe, ofServeStatus, besideAnother] = await Promise.all(tries)
    await recorded('status-no-daemon.txt', ofStatus, refused)
    await recorded('serve-no-daemon.txt', ofServe, refused)
    await recorded('serve-status-no-daemon.txt', ofServeStatus, refused)
    await recorded('status-other-daemon.txt', besideAnother, refused)
  })
})
