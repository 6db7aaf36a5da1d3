import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { ProxyTemplate, Verdict } from '../../../src/lib/protocol/http-api.ts'
import { proxyPrograms, stageNames } from '../../../src/lib/protocol/http-api.ts'
import { createTestCa } from '../../support/certs.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway, xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { type ProxyProgram, startCaddy, startNginx } from '../../support/proxy-programs.ts'
import { start } from '../../support/run.ts'
import { errorIn, launcher } from './house.ts'

/** Addresses that none can be, by the code that refuses each. */
const badUrls = [
  ['invalid_url', 'gateway'],
  ['invalid_scheme', 'ftp://gateway.example.com'],
  ['has_userinfo', 'https://me:secret@gateway.example.com'],
  ['has_path', 'https://gateway.example.com/xopc'],
  ['has_query_or_fragment', 'https://gateway.example.com/?a=1'],
  ['requires_https', 'http://gateway.example.com'],
] as const

function verdictIn(stdout: string): Verdict {
  // `as`: what `xopc proxy test --json` promises to print.
  return JSON.parse(stdout) as Verdict
}

function codeOf(verdict: Verdict): string | null {
  return verdict.ok ? null : verdict.code
}

async function savedIn(stateDir: string): Promise<string> {
  const path = join(stateDir, 'xopc.json')
  return existsSync(path) ? await readFile(path, 'utf8') : ''
}

describe('what is typed wrong', () => {
  it.each<[words: readonly string[], code: string, exit: number]>([
    [['test', '--idle', '0'], 'USAGE', 2],
    [['test', '--idle', '601'], 'USAGE', 2],
    [['test', '--idle', '1.5'], 'USAGE', 2],
    [['test', '--idle'], 'USAGE', 2],
    [['test', 'https://a.example', 'https://b.example'], 'USAGE', 2],
    [['set'], 'USAGE', 2],
    [['template'], 'USAGE', 2],
    [['template', 'apache'], 'USAGE', 2],
    [['template', 'Caddy'], 'USAGE', 2],
    [['template', 'nginx', '--domain', 'https://gateway.example.com'], 'invalid_domain', 2],
    [['template', 'nginx', '--domain', 'a.b;c'], 'invalid_domain', 2],
    [['template', 'nginx', '--domain', ''], 'invalid_domain', 2],
    [['test'], 'PROXY_URL_MISSING', 2],
    [['test', 'https://a.example'], 'GATEWAY_NOT_RUNNING', 1],
    [['test', 'https://a.example', '--wait'], 'GATEWAY_NOT_RUNNING', 1],
    [['test', 'gateway'], 'GATEWAY_NOT_RUNNING', 1],
    ...badUrls.map(([code, url]) => [['set', url], code, 3] satisfies [string[], string, number]),
    ...badUrls.map(([code, url]) => [['set', url, '--dry-run'], code, 3] satisfies [string[], string, number]),
  ])('xopc proxy %j: %s, exit %d, and nothing is written', async (words, code, exit) => {
    const stateDir = await tempFolder()
    const json = await xopc(['proxy', ...words, '--json'], { stateDir })
    expect([json.code, json.stderr, errorIn(json.stdout).code]).toEqual([exit, '', code])
    const human = await xopc(['proxy', ...words], { stateDir })
    expect([human.code, human.stdout]).toEqual([exit, ''])
    expect(human.stderr).toMatch(/^Error: /)
    expect(json.stdout + human.stderr).not.toContain('secret')
    expect(await savedIn(stateDir)).toBe('')
  })
})

describe('xopc proxy template', () => {
  it.each(proxyPrograms)('%s: the text alone on stdout, what to do with it on stderr', async (program) => {
    const words = ['proxy', 'template', program, '--domain', 'Gateway.Example.com']
    const [human, json] = await Promise.all([xopc(words), xopc([...words, '--json'])])
    // `as`: what `xopc proxy template --json` promises to print.
    const template = JSON.parse(json.stdout) as ProxyTemplate
    expect([human.code, json.code, json.stderr]).toEqual([0, 0, ''])
    expect(human.stdout).toBe(template.text)
    expect(template).toMatchObject({ program, domain: 'gateway.example.com', gateway: '127.0.0.1:18790' })
    for (const { command } of template.steps) if (command !== undefined) expect(human.stderr).toContain(`\n        ${command}\n`)
  })

  it('is for the port, the socket and the address that are configured', async () => {
    const stateDir = await tempFolder()
    const config = join(stateDir, 'xopc.json')
    await writeFile(config, '{ gateway: { port: 4711, publicUrl: "https://home.example.net" } }')
    expect((await xopc(['proxy', 'template', 'caddy'], { stateDir })).stdout).toMatch(
      /^home\.example\.net \{\n\treverse_proxy 127\.0\.0\.1:4711 \{/m,
    )
    await writeFile(config, '{ gateway: { proxySocket: "/run/xopc/gateway.sock" } }')
    expect((await xopc(['proxy', 'template', 'nginx'], { stateDir })).stdout).toContain('proxy_pass http://unix:/run/xopc/gateway.sock;')
    await writeFile(config, '{ gateway: { proxySocket: "/run/x;opc" } }')
    const unsafe = await xopc(['proxy', 'template', 'nginx', '--json'], { stateDir })
    expect([unsafe.code, errorIn(unsafe.stdout).code]).toEqual([1, 'PROXY_SOCKET_UNSAFE'])
  })
})

describe('without a gateway', () => {
  it('an address is saved, said to be looked at later, and cleared', async () => {
    const stateDir = await tempFolder()
    const set = await xopc(['proxy', 'set', 'https://Gateway.example.com/'], { stateDir })
    expect(set).toMatchObject({ code: 0, stderr: '' })
    expect(set.stdout).toMatch(/^Saved: https:\/\/gateway\.example\.com will be verified when the gateway starts\./)
    expect(await savedIn(stateDir)).toContain('"https://gateway.example.com"')
    expect((await xopc(['status'], { stateDir })).stdout).toContain('off, verified when the gateway starts')
    const test = await xopc(['proxy', 'test', '--json'], { stateDir })
    expect([test.code, errorIn(test.stdout).code]).toEqual([1, 'GATEWAY_NOT_RUNNING'])
    expect((await xopc(['proxy', 'clear'], { stateDir })).code).toBe(0)
    expect(await savedIn(stateDir)).not.toContain('publicUrl')
    expect(await xopc(['proxy', 'clear', '--json'], { stateDir })).toMatchObject({ code: 0, stdout: '{\n  "phase": "off"\n}\n' })
  })

  it('a dry run says what it would do, and writes nothing', async () => {
    const stateDir = await tempFolder()
    const { code, stdout } = await xopc(['proxy', 'set', 'https://gateway.example.com', '--dry-run'], { stateDir })
    expect([code, stdout]).toEqual([0, expect.stringContaining('This would be done; nothing was changed:')])
    expect(await savedIn(stateDir)).toBe('')
  })
})

describe('with a gateway', () => {
  it('what is typed wrong ends as it does without one', async () => {
    const gateway = await startGateway()
    for (const [code, url] of badUrls)
      for (const more of [[], ['--dry-run']]) {
        const { code: exit, stdout } = await gateway.xopc(['proxy', 'set', url, '--json', ...more])
        expect([exit, errorIn(stdout).code]).toEqual([3, code])
      }
    const { code: exit, stdout } = await gateway.xopc(['proxy', 'template', 'caddy', '--domain', 'a b', '--json'])
    expect([exit, errorIn(stdout).code]).toEqual([2, 'invalid_domain'])
    expect(await savedIn(gateway.stateDir)).not.toContain('publicUrl')
  })

  it.each(badUrls)('a test of what is no address is a verdict: %s', async (code, url) => {
    const gateway = await startGateway()
    const json = await gateway.xopc(['proxy', 'test', url, '--wait', '--json'])
    const verdict = verdictIn(json.stdout)
    expect([json.code, json.stderr, verdict.ok, codeOf(verdict)]).toEqual([1, '', false, code])
    const human = await gateway.xopc(['proxy', 'test', url])
    expect(human.code).toBe(1)
    expect(human.stdout).toMatch(/\nFix: [^]*\n\n✗ Does not work: [^\n]*Seen from this computer\.\n$/)
    expect(json.stdout + human.stdout).not.toContain('secret')
  })

  it('an address where nothing listens is saved all the same, and told as what is wrong', async () => {
    const gateway = await startGateway()
    const url = `http://127.0.0.1:${await freePort()}`
    const set = await gateway.xopc(['proxy', 'set', url])
    expect(set.code).toBe(1)
    expect(set.stdout).toContain(`${url} was saved all the same, but it does not work.`)
    expect(await savedIn(gateway.stateDir)).toContain(url)
    const test = await gateway.xopc(['proxy', 'test'])
    expect(test.code).toBe(1)
    expect(test.stdout).toMatch(/^✗ FAIL {2}tcp .*$/m)
    expect(test.stdout.trimEnd().split('\n').at(-1)).toBe(
      `✗ Does not work: ${url} fails at tcp (DNS_OR_CONN_REFUSED). Seen from this computer.`,
    )
    expect((await gateway.xopc(['status', '--check'])).stdout).toContain('Next: xopc proxy test, to see which hop fails')
    expect((await gateway.xopc(['status', '--check'])).code).toBe(1)
    expect((await gateway.xopc(['proxy', 'clear'])).stdout).toContain('no public address any more')
    expect((await gateway.xopc(['status', '--check'])).code).toBe(0)
  })
})

/** The text with a certificate and ports that a test may have; all else is as a person gets it. */
type Fitted = (template: ProxyTemplate, given: { certFile: string; keyFile: string; port: number; redirectPort: number }) => string

const caddyfile: Fitted = ({ text: given, domain }, { certFile, keyFile, port, redirectPort }) =>
  `{\n\thttp_port ${redirectPort}\n}\n${given.replace(`\n${domain} {`, `\nhttps://${domain}:${port} {\n\ttls ${certFile} ${keyFile}`)}`

const nginxSite: Fitted = ({ text: given }, { certFile, keyFile, port, redirectPort }) =>
  given
    .replace(/\S+fullchain\.pem/, certFile)
    .replace(/\S+privkey\.pem/, keyFile)
    .replaceAll(/(?<=listen (?:\[::\]:)?)443\b/g, String(port))
    .replaceAll(/(?<=listen (?:\[::\]:)?)80\b/g, String(redirectPort))

for (const [peer, program, startProxy, fitted] of [
  ['caddy', 'caddy', startCaddy, caddyfile],
  ['caddy-2.11', 'caddy', startCaddy, caddyfile],
  ['nginx', 'nginx', startNginx, nginxSite],
] as const) {
  needsPeer(peer, `our own template, served by ${peer}`, (path) => {
    const domain = 'gateway.localhost'

    async function behindProxy(): Promise<{ gateway: RunningGateway; url: string; proxy: ProxyProgram }> {
      const ca = await createTestCa()
      const [gateway, leaf, port, redirectPort] = await Promise.all([
        startGateway({ env: ca.env }),
        ca.leaf([domain]),
        freePort(),
        freePort(),
      ])
      const json = await gateway.xopc(['proxy', 'template', program, '--domain', domain, '--json'])
      // `as`: what `xopc proxy template --json` promises to print.
      const template = JSON.parse(json.stdout) as ProxyTemplate
      const proxy = await startProxy(path, { config: fitted(template, { ...leaf, port, redirectPort }), port })
      return { gateway, url: `https://${domain}:${port}`, proxy }
    }

    it('passes every stage, is kept, and is told when it breaks', async () => {
      const { gateway, url, proxy } = await behindProxy()
      const json = await gateway.xopc(['proxy', 'test', url, '--json'])
      const verdict = verdictIn(json.stdout)
      expect(verdict.stages.map(({ stage, status, detail }) => [stage, status, detail])).toEqual(
        stageNames.map((stage) => [stage, 'pass', expect.any(String)]),
      )
      expect([json.code, json.stderr, verdict.ok, verdict.vantage, verdict.url]).toEqual([0, '', true, 'self', url])

      const human = await gateway.xopc(['proxy', 'test', url, '--idle', '1'])
      expect([human.code, human.stderr]).toEqual([0, 'An event stream is left silent for 1 s, so this takes that long.\n'])
      const lines = human.stdout.trimEnd().split('\n')
      expect(lines.filter((line) => line.startsWith('✓ pass'))).toHaveLength(9)
      expect(lines.at(-2)).toBe(`Next: xopc proxy set ${url}`)
      expect(lines.at(-1)).toMatch(/^✓ Works: .* Seen from this computer; it does not show whether it works over cellular\.$/)

      const set = await gateway.xopc(['proxy', 'set', url])
      expect([set.code, set.stderr]).toEqual([0, ''])
      expect(set.stdout).toMatch(
        / leads to this gateway: verified just now from this computer in \d+ ms\. It does not show whether it works over cellular\.\n/,
      )
      expect((await gateway.xopc(['status'])).stdout).toMatch(/^ {2}proxy: verified (just now|\d+ s ago) from this computer in \d+ ms/m)

      await proxy.stop()
      const broken = await gateway.xopc(['proxy', 'set', url])
      expect(broken.code).toBe(1)
      expect((await gateway.xopc(['status'])).stdout).toMatch(/^ {2}proxy: .*\n[^]*Next: xopc proxy test, to see which hop fails/m)
    })

    it('is waited for', async () => {
      const { gateway, url, proxy } = await behindProxy()
      await proxy.stop()
      const env = { PATH: process.env['PATH'], HOME: gateway.stateDir, XOPC_STATE_DIR: gateway.stateDir }
      const child = start([process.execPath, launcher, 'proxy', 'test', url, '--wait'], { env, timeoutMs: 60_000 })
      const ended = Promise.all([once(child, 'exit'), text(child.stdout)])
      const [said] = (await once(child.stderr, 'data')) as [Buffer]
      expect(String(said)).toMatch(/^Waits for tcp \(DNS_OR_CONN_REFUSED\), 2 minutes 5\d seconds more\.\n$/)
      await proxy.restart()
      const [exit, stdout] = await ended
      expect(exit).toEqual([0, null])
      expect(stdout.split('\n').filter((line) => line.startsWith('✓ pass'))).toHaveLength(9)
    })
  })
}
