import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { findTailscale, type Tailscale } from '../../../src/lib/binaries/tailscale.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'

const wish = { mode: 'serve', port: 443, target: 'http://127.0.0.1:18791' } as const
const ours = { port: 443, mount: '/', target: wish.target, funnel: false, foreground: false }

/** A program of a test's own in place of `tailscale`. */
async function program(script: string): Promise<NodeJS.ProcessEnv> {
  const path = join(await tempFolder(), 'tailscale')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return { PATH: process.env['PATH'], XOPC_TAILSCALE_PATH: path }
}

describe('a program that is no Tailscale to drive', () => {
  it.each([
    ['is missing', async () => ({ XOPC_TAILSCALE_PATH: '/nowhere/tailscale' }), 'TAILSCALE_MISSING'],
    ['is too old', async () => await program('echo 1.50.1; echo "  tailscale commit: abc"'), 'TAILSCALE_TOO_OLD'],
    ['does not say its version', async () => await program('echo hello'), 'TAILSCALE_TOO_OLD'],
  ])('%s', async (_what, env, code) => await expect(findTailscale(await env())).rejects.toMatchObject({ code }))

  it('says something that is no status', async () => {
    const tailscale = await findTailscale(await program('[ "$1" = version ] && echo 1.60.0 || echo "something else"'))
    await expect(tailscale.status()).rejects.toMatchObject({
      code: 'TAILSCALE_STRANGE',
      message: expect.stringContaining('something else'),
    })
  })

  it('never answers: it is ended', async () => {
    const tailscale = await findTailscale(await program('[ "$1" = version ] && echo 1.60.0 || exec sleep 60'))
    await expect(tailscale.status()).rejects.toMatchObject({ code: 'TAILSCALE_SILENT' })
  })

  it.each([
    ['three times, then does it', 3, 4],
    ['for ever, gives up', 99, 4],
  ])('that says another program changes it meanwhile: %s', async (_, refusals, asked) => {
    const notes = join(await tempFolder(), 'asked')
    const busy = 'echo "Another client is changing the serve config; please try again." >&2; exit 1'
    const tailscale = await findTailscale(
      await program(`[ "$1" = version ] && echo 1.60.0 && exit
echo asked >>${notes}
[ $(wc -l <${notes}) -gt ${refusals} ] || { ${busy}; }`),
    )
    const serving = tailscale.serve(wish)
    if (refusals > asked) await expect(serving).rejects.toMatchObject({ code: 'TAILSCALE_BUSY' })
    else expect(await serving).toEqual({ consent: null })
    expect((await readFile(notes, 'utf8')).match(/asked/g)).toHaveLength(asked)
  })

  it('that says another program changes it meanwhile is not asked again once it is called off', async () => {
    const off = new AbortController()
    const tailscale = await findTailscale(
      await program('[ "$1" = version ] && echo 1.60.0 || { echo "Another client is changing the serve config" >&2; exit 1; }'),
    )
    const serving = tailscale.serve(wish, off.signal)
    off.abort(new Error('called off'))
    await expect(serving).rejects.toThrow('called off')
  })

  it('gets none of our secrets', async () => {
    const env = { ...(await program('[ "$1" = version ] && echo 1.60.0 || env >&2')), XOPC_GATEWAY_TOKEN: 'a-secret-of-the-owner' }
    const tailscale = await findTailscale(env)
    await expect(tailscale.status()).rejects.toMatchObject({ message: expect.not.stringContaining('a-secret-of-the-owner') })
  })
})

needsPeer(tailnetPeers, 'Tailscale, driven', () => {
  let tailnet: Tailnet
  let tailscale: Tailscale
  beforeAll(async () => {
    tailnet = await startTailnet()
    tailscale = await findTailscale({ PATH: process.env['PATH'], ...tailnet.node('a').env })
  })

  async function served(): Promise<string> {
    return (await tailnet.cli('a', ['serve', 'status', '--json'])).stdout
  }

  it('says who it is', async () => {
    expect(await tailscale.status()).toMatchObject({ state: 'Running', name: 'node-a.xopc-test.ts.net', https: true })
  })

  it('serves one path of a port, and leaves everything else as it is, byte for byte', async () => {
    await tailnet.cli('a', ['serve', '--bg', '--https=443', '--set-path=/theirs', 'http://127.0.0.1:9'])
    await tailnet.cli('a', ['serve', '--bg', '--https=8443', 'http://127.0.0.1:9'])
    const before = await served()
    expect(await tailscale.serve(wish)).toEqual({ consent: null })
    expect((await tailscale.serving()).entries).toContainEqual(expect.objectContaining(ours))
    expect((await tailscale.serving()).entries).toHaveLength(3)
    await tailscale.serveOff(wish)
    expect(await served()).toBe(before)
    await expect(tailscale.serveOff(wish)).rejects.toMatchObject({ code: 'TAILSCALE_NOT_SERVED' })
  })

  it('comes to what was wanted of several changes at the same moment, and to nothing else', async () => {
    const going = [5001, 5002, 5003]
    const coming = [5011, 5012, 5013]
    for (const port of going) await tailscale.serve({ ...wish, port })
    const before = (await tailscale.serving()).entries.filter(({ port }) => !going.includes(port))
    await Promise.all([
      ...going.map(async (port) => await tailscale.serveOff({ mode: 'serve', port })),
      ...coming.map(async (port) => await tailscale.serve({ ...wish, port })),
    ])
    const { entries } = await tailscale.serving()
    expect(entries.filter(({ port }) => !coming.includes(port))).toEqual(before)
    expect(new Set(entries.flatMap(({ port }) => (coming.includes(port) ? [port] : [])))).toEqual(new Set(coming))
    for (const port of coming) await tailscale.serveOff({ mode: 'serve', port })
  })

  it('opens a port to the internet, and closes it again', async () => {
    const funnel = { ...wish, mode: 'funnel', port: 10_000 } as const
    await tailscale.serve(funnel)
    expect((await tailscale.serving()).entries).toContainEqual(expect.objectContaining({ ...ours, port: 10_000, funnel: true }))
    await tailscale.serveOff(funnel)
    expect((await tailscale.serving()).entries.filter(({ port }) => port === 10_000)).toEqual([])
  })

  it.each(['set?https=0', 'set?https=0&wait=1'])('that the tailnet does not allow, says where it is allowed: %s', async (path) => {
    await tailnet.admin(path)
    await tailnet.until('a', 'without certificates', ({ CertDomains }) => (CertDomains ?? []).length === 0)
    const before = await served()
    expect(await tailscale.serve({ ...wish, port: 4443 })).toEqual({ consent: { feature: 'https', url: expect.stringMatching(/^https:/) } })
    expect(await served()).toBe(before)
    await tailnet.admin('set?https=1&wait=0')
  })

  it('lets nobody but its operator change anything', async () => {
    const nobody = await findTailscale({ PATH: process.env['PATH'], XOPC_TAILSCALE_PATH: tailnet.node('a').tailscaleAsNobody })
    expect((await nobody.status()).state).toBe('Running')
    await expect(nobody.serve(wish)).rejects.toMatchObject({ code: 'TAILSCALE_NOT_OPERATOR' })
  })

  it('is not there without its daemon, and is again with it', async () => {
    await tailnet.killDaemon('a')
    const alone = await findTailscale({ PATH: process.env['PATH'], XOPC_TAILSCALE_PATH: tailnet.node('a').tailscaleAlone })
    await expect(alone.status()).rejects.toMatchObject({ code: 'TAILSCALE_NOT_RUNNING' })
    await tailnet.restartDaemon('a')
    await expect.poll(async () => (await tailscale.status()).state, { timeout: 15_000 }).toBe('Running')
  })
})
