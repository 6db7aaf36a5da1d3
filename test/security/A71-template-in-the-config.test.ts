import { mkdir, readFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { frpcConfig, type FrpcFacts } from '../../src/lib/binaries/frpc-config.ts'
import { atEnd, tempFolder } from '../support/cleanup.ts'
import { frpcFacts, startFrpc, startFrps } from '../support/frp.ts'
import { needsPeer } from '../support/peers.ts'

// frpc runs its file through a template that knows the environment, before it reads TOML: what a broker says, or how a person's folder is called,
// would run there.

const good: FrpcFacts = {
  serverAddr: 'frp.example.com',
  serverPort: 7000,
  token: 'a-token',
  proxyName: 'gw-1',
  subdomain: 'abcd1234',
  unixPath: '/run/gw.sock',
  tls: { caFile: '/run/ca.pem' },
}
const secret = 'secret-of-the-environment'

describe('what a broker could write into the configuration', () => {
  const nasty = [
    'a"b',
    'a\nb',
    'a\r\nb = 1',
    "a'b",
    '{{ .Envs.HOME }}',
    '{{.Envs.HOME}}',
    'a\\',
    'a b',
    'ä',
    '',
    'a\0',
    'a#b',
    'a[b]',
    '../a',
    'a'.repeat(300),
  ]

  it.each(nasty)('%j is no server, no proxy and no subdomain', (value) => {
    for (const key of ['serverAddr', 'proxyName', 'subdomain'] as const)
      expect(() => frpcConfig({ ...good, [key]: value }), key).toThrow(expect.objectContaining({ code: 'FRPC_CONFIG_INVALID' }))
    expect(() => frpcConfig({ ...good, tls: { caFile: '/run/ca.pem', serverName: value } })).toThrow()
  })

  it.each(['a\nb', 'a b', 'ä', '', 'a\0', 'a'.repeat(257), 'a\x7f'])('%j is no token', (token) => {
    expect(() => frpcConfig({ ...good, token })).toThrow(expect.objectContaining({ code: 'FRPC_CONFIG_INVALID' }))
  })

  it.each([0, -1, 65_536, 1.5, NaN, Infinity])('%s is no port', (serverPort) => {
    expect(() => frpcConfig({ ...good, serverPort })).toThrow(expect.objectContaining({ code: 'FRPC_CONFIG_INVALID' }))
  })

  it.each(['relative/gw.sock', '@abstract', '', '/a\0b', '/a\ud800b'])('%j is no path', (unixPath) => {
    expect(() => frpcConfig({ ...good, unixPath })).toThrow(expect.objectContaining({ code: 'FRPC_CONFIG_INVALID' }))
  })

  it('what is taken has no brace left, and means the same', () => {
    const odd = { ...good, token: '"{{.Envs.HOME}}\\{%', unixPath: '/a {{ "b" }} \\ \' \t\x7f {{/* */}} ]] = #/gw.sock' }
    const text = frpcConfig(odd)
    expect(text).not.toContain('{')
    expect(parse(text)).toMatchObject({ metadatas: { token: odd.token }, proxies: [{ plugin: { unixPath: odd.unixPath } }] })
  })
})

needsPeer(['frpc', 'frps'], 'a real frpc', (frpc, frps) => {
  const folders = [`{{ .Envs.SECRET_OF_TEST }}"'`, '{{ parseNumberRange "1-5" }}', '{{', '}} {{- "x" -}} \\ \t[a] = # $HOME %n']

  it.each(folders)('leads to a socket in %j', async (name) => {
    const folder = join(await tempFolder(), name)
    await mkdir(folder)
    const unixPath = join(folder, 's')
    const app = createServer((_, response) => response.end('it is me')).listen(unixPath)
    await once(app, 'listening')
    atEnd(async () => app.close())
    const server = await startFrps(frps)
    const token = '{{.Envs.SECRET_OF_TEST}}"'
    const facts = await frpcFacts({ serverPort: server.port, unixPath, token })
    const client = await startFrpc(frpc, facts, { ...process.env, SECRET_OF_TEST: secret })
    await client.event('serving')
    expect(await visit(server.vhostPort)).toBe('it is me')
    expect(server.asked.find(({ op }) => op === 'Login')?.content['metas']).toEqual({ token })
    expect(JSON.stringify(server.asked) + (await readFile(client.configPath, 'utf8')) + client.lines.join('\n')).not.toContain(secret)
    await client.stop()
  })
})

async function visit(port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { host: 'gwtest.t.test' } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}
