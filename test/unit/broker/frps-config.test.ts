import { describe, expect, it } from 'vitest'
import { type FrpsSettings, frpsSettingsIn, frpsToml } from '../../../src/lib/binaries/frps-config.ts'

const settings: FrpsSettings = {
  bindAddr: '0.0.0.0',
  bindPort: 7000,
  vhostPort: 7080,
  subdomainHost: 'frp.example.com',
  certFile: '/var/lib/a "b"/cert.pem',
  keyFile: '/var/lib/key.pem',
  heartbeatTimeout: 20,
  plugin: { port: 7101, path: `/${'a1'.repeat(20)}` },
  web: { port: 7102, user: 'b2'.repeat(20), password: 'c3'.repeat(20) },
}
const text = frpsToml(settings)
const without = (line: RegExp) => text.replace(line, '')
const instead = (from: string, to: string) => {
  expect(text).toContain(from)
  return text.replace(from, to)
}

describe('frps.toml', () => {
  it('is read as it was written', async () => {
    expect(await frpsSettingsIn(text, 'frps.toml')).toEqual(settings)
  })

  it.each([
    ['no bindAddr', () => without(/^bindAddr.*$/m)],
    ['proxyBindAddr on every address', () => instead('proxyBindAddr = "127.0.0.1"', 'proxyBindAddr = "0.0.0.0"')],
    ['no proxyBindAddr', () => without(/^proxyBindAddr.*$/m)],
    ['no port for visitors', () => without(/^vhostHTTPPort.*$/m)],
    ['no domain', () => without(/^subDomainHost.*$/m)],
    ['TLS that is not forced', () => instead('tls.force = true', 'tls.force = false')],
    ['no certificate', () => without(/^transport.tls.certFile.*$/m)],
    ['no key', () => without(/^transport.tls.keyFile.*$/m)],
    ['no plugin', () => text.slice(0, text.indexOf('[[httpPlugins]]'))],
    ['two plugins', () => text + text.slice(text.indexOf('[[httpPlugins]]'))],
    ['a plugin elsewhere', () => instead('127.0.0.1:7101', '192.0.2.1:7101')],
    ['a path that can be guessed', () => instead(settings.plugin.path, '/plugin')],
    ['no Login', () => instead('"Login", ', '')],
    ['no NewProxy', () => instead('"NewProxy", ', '')],
    ['no CloseProxy', () => instead('"CloseProxy", ', '')],
    ['no Ping', () => instead(', "Ping"', '')],
    ['no time for heartbeats', () => without(/^transport.heartbeatTimeout.*$/m)],
    ['heartbeats that need not come', () => instead('heartbeatTimeout = 20', 'heartbeatTimeout = -1')],
    ['heartbeats that may be late', () => instead('heartbeatTimeout = 20', 'heartbeatTimeout = 31')],
    ['heartbeats that are hardly ever in time', () => instead('heartbeatTimeout = 20', 'heartbeatTimeout = 9')],
    ['links without tcpMux', () => `transport.tcpMux = false\n${text}`],
    ['QUIC', () => `quicBindPort = 7000\n${text}`],
    ['KCP', () => `kcpBindPort = 7000\n${text}`],
    ['https of its own', () => `vhostHTTPSPort = 443\n${text}`],
    ['the ssh gateway', () => `sshTunnelGateway.bindPort = 2200\n${text}`],
    ['a dashboard for everybody', () => instead('webServer.addr = "127.0.0.1"', 'webServer.addr = "0.0.0.0"')],
    ['no dashboard', () => without(/^webServer.port.*$/m)],
    ['a dashboard with a password that people know', () => instead(settings.web.password, 'admin')],
    ['a dashboard without a user', () => without(/^webServer.user.*$/m)],
    ['a dashboard by https', () => `webServer.tls.certFile = "/a"\n${text}`],
    ['a template', () => `# {{ .Envs.X }}\n${text}`],
  ])('is refused with %s', async (_, unsafe) => {
    await expect(frpsSettingsIn(unsafe(), 'frps.toml')).rejects.toMatchObject({ code: 'FRPS_CONFIG_UNSAFE' })
  })

  it('that is no TOML is said to be', async () => {
    await expect(frpsSettingsIn('bindAddr = ', 'frps.toml')).rejects.toMatchObject({ code: 'FRPS_CONFIG_BROKEN' })
  })

  it('may have what does not matter', async () => {
    expect(await frpsSettingsIn(`enablePrometheus = true\n${text}`, 'x')).toEqual(settings)
  })

  it('may let gateways in at one address only', async () => {
    const one = instead('bindAddr = "0.0.0.0"', 'bindAddr = "192.0.2.7"')
    expect(await frpsSettingsIn(one, 'x')).toEqual({ ...settings, bindAddr: '192.0.2.7' })
  })
})
