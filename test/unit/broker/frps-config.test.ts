import { describe, expect, it } from 'vitest'
import { type FrpsSettings, frpsSettingsIn, frpsToml } from '../../../src/lib/binaries/frps-config.ts'

const settings: FrpsSettings = {
  bindPort: 7001,
  vhostPort: 7080,
  subdomainHost: 'frp.example.com',
  certFile: '/var/lib/a "b"/cert.pem',
  keyFile: '/var/lib/key.pem',
  plugin: { port: 7101, path: `/${'a1'.repeat(20)}` },
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
    ['bindAddr on every address', () => instead('bindAddr = "127.0.0.1"', 'bindAddr = "0.0.0.0"')],
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
    ['no CloseProxy', () => instead(', "CloseProxy"', '')],
    ['links without tcpMux', () => `transport.tcpMux = false\n${text}`],
    ['QUIC', () => `quicBindPort = 7000\n${text}`],
    ['KCP', () => `kcpBindPort = 7000\n${text}`],
    ['https of its own', () => `vhostHTTPSPort = 443\n${text}`],
    ['the ssh gateway', () => `sshTunnelGateway.bindPort = 2200\n${text}`],
    ['a dashboard for everybody', () => `webServer.addr = "0.0.0.0"\n${text}`],
    ['a template', () => `# {{ .Envs.X }}\n${text}`],
  ])('is refused with %s', async (_, unsafe) => {
    await expect(frpsSettingsIn(unsafe(), 'frps.toml')).rejects.toMatchObject({ code: 'FRPS_CONFIG_UNSAFE' })
  })

  it('that is no TOML is said to be', async () => {
    await expect(frpsSettingsIn('bindAddr = ', 'frps.toml')).rejects.toMatchObject({ code: 'FRPS_CONFIG_BROKEN' })
  })

  it('may have what does not matter', async () => {
    expect(await frpsSettingsIn(`webServer.addr = "127.0.0.1"\nwebServer.port = 7500\n${text}`, 'x')).toEqual(settings)
  })
})
