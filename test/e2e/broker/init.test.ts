import { X509Certificate } from 'node:crypto'
import { chown, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { run } from '../../support/run.ts'
import { testGateway } from './gateway.ts'
import { startApp, startBroker, startFrpc, untilServed } from './house.ts'

const domain = 'frp.example.com'

/** A fresh set in a folder of its own. */
async function newSet(): Promise<string> {
  const dir = join(await tempFolder(), 'set')
  const ran = await xopc(['broker', 'init', '--domain', domain, '--dir', dir])
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  return dir
}

/** Changes a file of the set as a person would. */
async function edit(path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  await writeFile(path, after)
}

/** Gives the set ports that are free here, and addresses that work without DNS. */
async function moveToFreePorts(dir: string): Promise<{ api: number; vhost: number }> {
  const [api, plugin, web, bind, vhost] = await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort()])
  await edit(join(dir, 'frps.toml'), (text) =>
    text
      .replace('bindPort = 7000', `bindPort = ${bind}`)
      .replace('= 7080', `= ${vhost}`)
      .replace('= 7102', `= ${web}`)
      .replace(':7101"', `:${plugin}"`),
  )
  await edit(join(dir, 'broker.json'), (text) => {
    const settings = JSON.parse(text) as Record<string, unknown>
    return JSON.stringify({
      ...settings,
      brokerUrl: `http://127.0.0.1:${api}/api`,
      publicUrl: `http://{name}.${domain}:${vhost}`,
      api: { host: '127.0.0.1', port: api },
      tunnelAddress: '127.0.0.1',
    })
  })
  return { api, vhost }
}

describe('xopc broker init', () => {
  it('writes the whole set for its owner alone, and nothing over what is there', async () => {
    const dir = await newSet()
    const names = (await readdir(dir)).toSorted()
    expect(names).toEqual(
      `BACKUP.md Caddyfile DNS.txt broker.json caddy-xopc-broker.conf frps-cert.pem frps-key.pem frps.toml xopc-broker.service`.split(' '),
    )
    const modes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).mode & 0o777))
    expect(new Set(modes)).toEqual(new Set([0o600]))
    const key = await readFile(join(dir, 'frps-key.pem'), 'utf8')
    const again = await xopc(['broker', 'init', '--domain', domain, '--dir', dir, '--json'])
    expect([again.code, JSON.parse(again.stdout)]).toMatchObject([1, { error: { code: 'BROKER_ALREADY_SET_UP' } }])
    expect(await readFile(join(dir, 'frps-key.pem'), 'utf8')).toBe(key)
  })

  it('writes nothing with --dry-run', async () => {
    const dir = join(await tempFolder(), 'set')
    const ran = await xopc(['broker', 'init', '--domain', domain, '--dir', dir, '--dry-run'])
    expect(ran.stdout).toContain('Nothing was written')
    await expect(stat(dir)).rejects.toThrow('ENOENT')
  })

  it('makes a certificate for the domain, for ten years, that can sign no other', async () => {
    const dir = await newSet()
    const certificate = new X509Certificate(await readFile(join(dir, 'frps-cert.pem')))
    expect([certificate.subjectAltName, certificate.ca]).toEqual([`DNS:${domain}`, false])
    expect(certificate.validToDate.getFullYear() - new Date().getFullYear()).toBeGreaterThanOrEqual(9)
  })

  it.each(['localhost', 'a b.com', '192.0.2.1', '*.example.com', 'http://frp.example.com', '-a.com', ''])(
    'refuses %j as a domain',
    async (name) => {
      const ran = await xopc(['broker', 'init', '--domain', name, '--dry-run', '--json'])
      expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([2, { error: { code: 'BROKER_DOMAIN_INVALID' } }])
    },
  )
})

needsPeer('second-user', 'a set of another user', () => {
  it('is not touched: what root makes there the broker could not open', async () => {
    const dir = await newSet()
    await chown(dir, 12_345, 12_345)
    const ran = await xopc(['broker', 'key', 'create', '--dir', dir, '--json'])
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'STATE_NOT_OURS' } })
    expect(await readdir(dir)).not.toContain('broker.db')
  })
})

needsPeer(['frps', 'caddy-2.11'], 'what other programs think of the set', (frps, caddy) => {
  it('frps and Caddy take it', async () => {
    const dir = await newSet()
    expect(await run([frps, 'verify', '-c', join(dir, 'frps.toml')])).toMatchObject({ code: 0 })
    const home = await tempFolder()
    const env = { PATH: process.env['PATH'], HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home }
    const validated = await run([caddy, 'validate', '--adapter', 'caddyfile', '--config', join(dir, 'Caddyfile')], { env })
    expect([validated.code, validated.stdout + validated.stderr]).toEqual([0, expect.stringContaining('Valid configuration')])
    const formatted = await run([caddy, 'fmt', join(dir, 'Caddyfile')], { env })
    expect(formatted.stdout).toBe(await readFile(join(dir, 'Caddyfile'), 'utf8'))
    const adapted = await run([caddy, 'adapt', '--adapter', 'caddyfile', '--config', join(dir, 'Caddyfile')], { env })
    expect(adapted.stdout).toContain('"endpoint":"http://127.0.0.1:7100/edge/allow"')
  })
})

needsPeer(['frps', 'frpc'], 'xopc broker start on a set', (frps, frpc) => {
  it('serves under the domain with a key that was made, and survives a restart', async () => {
    const [dir, app] = await Promise.all([newSet(), startApp()])
    await moveToFreePorts(dir)
    const created = await xopc(['broker', 'key', 'create', '--dir', dir, '--name', 'alice', '--json'])
    const { secret } = JSON.parse(created.stdout) as { secret: string }
    expect(secret).toMatch(/^xopc_rk_[0-9a-f]{48}$/)
    const broker = await startBroker(frps, { args: ['--dir', dir] })
    const gateway = testGateway(broker.url, { secret })
    const { body: lease } = await gateway.register({ preferredSubdomain: 'alice' })
    expect(lease.publicUrl).toBe(broker.pattern.replace('<name>', 'alice'))
    expect((await gateway.register({}, { secret: 'xopc-dev-registration-secret' })).body.code).toBe('SECRET_INVALID')
    const { authToken } = lease.frpc
    const head = `metadatas.token = "${authToken}"\ntransport.tls.serverName = "${domain}"`
    await startFrpc(frpc, lease, await broker.discovery(), { localPort: app.port, head })
    expect(await untilServed(lease.publicUrl)).toMatch(/^hello alice/)
    expect((await fetch(`${new URL(broker.url).origin}/edge/allow?domain=alice.${domain}`)).status).toBe(200)
    broker.kill('SIGTERM')
    expect(await broker.ended).toBe(0)
    await startBroker(frps, { args: ['--dir', dir] })
    expect(await untilServed(lease.publicUrl)).toMatch(/^hello alice/)
    const listed = await xopc(['broker', 'key', 'list', '--dir', dir])
    expect(listed.stdout).toMatch(/alice +1 of 100 +\S+ +good/)
  })

  it('is not believed by an frpc that was told of another certificate', async () => {
    const [dir, other, app] = await Promise.all([newSet(), newSet(), startApp()])
    await moveToFreePorts(dir)
    const { secret } = JSON.parse((await xopc(['broker', 'key', 'create', '--dir', dir, '--json'])).stdout) as { secret: string }
    const broker = await startBroker(frps, { args: ['--dir', dir] })
    const { body: lease } = await testGateway(broker.url, { secret }).register()
    const caPem = await readFile(join(other, 'frps-cert.pem'), 'utf8')
    const head = `metadatas.token = "${lease.frpc.authToken}"\ntransport.tls.serverName = "${domain}"`
    const link = await startFrpc(frpc, lease, { ...(await broker.discovery()), caPem }, { localPort: app.port, head })
    await link.says(/connect to server error/)
    expect(link.output()).not.toContain('login to server success')
  })

  it.each<[string, (dir: string) => Promise<void>, string]>([
    [
      'frps is not safe',
      (dir) => edit(join(dir, 'frps.toml'), (text) => text.replace('force = true', 'force = false')),
      'FRPS_CONFIG_UNSAFE',
    ],
    ['frps.toml is broken', (dir) => edit(join(dir, 'frps.toml'), () => 'a ='), 'FRPS_CONFIG_BROKEN'],
    ['a setting is unknown', (dir) => edit(join(dir, 'broker.json'), (text) => text.replace('{', '{"more": 1,')), 'BROKER_CONFIG_BROKEN'],
    ['a setting is wrong', (dir) => edit(join(dir, 'broker.json'), (text) => text.replace('7100', '"x"')), 'BROKER_CONFIG_BROKEN'],
    ['broker.json is broken', (dir) => edit(join(dir, 'broker.json'), () => '{'), 'BROKER_CONFIG_BROKEN'],
    [
      'the API would be public',
      (dir) => edit(join(dir, 'broker.json'), (text) => text.replace('"127.0.0.1"', '"0.0.0.0"')),
      'BROKER_CONFIG_BROKEN',
    ],
    [
      'the domains differ',
      (dir) => edit(join(dir, 'frps.toml'), (text) => text.replace(/subDomainHost.*/, 'subDomainHost = "a.test"')),
      'BROKER_CONFIG_BROKEN',
    ],
    ['the certificate is gone', (dir) => edit(join(dir, 'frps.toml'), (text) => text.replace('frps-cert', 'other')), 'BROKER_NOT_SET_UP'],
  ])('does not run where %s', async (_, change, code) => {
    const dir = await newSet()
    await change(dir)
    const ran = await xopc(['broker', 'start', '--dir', dir, '--json'], { env: { XOPC_FRPS_PATH: frps } })
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code } })
  })
})
