import { randomInt } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type AcmeServer, startAcme } from '../../support/acme.ts'
import { createTestCa } from '../../support/certs.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway, xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startCaddy, startNginx } from '../../support/proxy-programs.ts'
import { run } from '../../support/run.ts'
import { verdictOf } from '../../support/verdict.ts'
import { type Block, blocksOf } from '../gateway/guide-blocks.ts'
import { expectWorks } from '../proxy/house.ts'
import { firstGuide } from './seed-blocks.ts'

// The configurations of docs/guide/reverse-proxy.md as they stand there, but for the gateway's port and what a comment names.

const NAME = 'gateway.example.com'
const page = blocksOf('reverse-proxy')
const blockOf = (language: string, word: string): Block => {
  const [block, ...more] = page.filter((each) => each.language === language && each.words.has(word))
  if (block === undefined || more.length > 0) throw new Error(`the page has not one block of ${language} with the word ${word}`)
  return block
}

describe('what the page shows as a template', () => {
  it.each([
    ['caddy', 'caddyfile'],
    ['nginx', 'nginx'],
    ['cloudflared', 'yaml'],
  ])('of %s is what xopc prints', async (program, language) => {
    const { stdout } = await xopc(['proxy', 'template', program, '--domain', NAME])
    expect(blockOf(language, 'template').text).toBe(stdout)
  })
})

/** What a proxy does with the shorter configurations: stage and code of each warning. */
const nginxShort: Parameters<typeof expectWorks>[1] = [['headers', undefined]]

needsPeer(['own-hosts', 'nginx'], 'the blocks of the page, in nginx', (_, nginx) => {
  // An address of loopback of its own, where port 443 is free.
  const address = `127.${randomInt(64, 250)}.${randomInt(250)}.${randomInt(1, 250)}`
  let gateway: RunningGateway
  let site: (text: string) => string
  beforeAll(async () => {
    const ca = await createTestCa()
    const { certFile, keyFile } = await ca.leaf([NAME])
    gateway = await startGateway({ hosts: { [NAME]: address }, env: ca.env })
    site = (text) =>
      changed(text, {
        '127.0.0.1:18790': `127.0.0.1:${gateway.port}`,
        [`/etc/letsencrypt/live/${NAME}/fullchain.pem`]: certFile,
        [`/etc/letsencrypt/live/${NAME}/privkey.pem`]: keyFile,
        'listen 443': `listen ${address}:443`,
      })
        .replace('listen 80;', `listen ${address}:80;`)
        .replaceAll(/listen \[::\]:.*;/g, '')
  })

  it.each([
    ['the template', blockOf('nginx', 'template').text, []],
    ['the shorter one', blockOf('nginx', 'older').text, nginxShort],
    ['the one of the first guide', firstGuide.nginx, nginxShort],
  ] as const)('%s leads to the gateway', async (_title, text, warnings) => {
    const proxy = await startNginx(nginx, { config: site(text), port: 443, host: address })
    expect(proxy.output()).not.toMatch(/\[(warn|error|emerg)\]/)
    expectWorks(await verdictOf(gateway, `https://${NAME}`), warnings)
    await proxy.stop()
  })
})

for (const program of ['caddy', 'caddy-2.11']) {
  needsPeer(['own-hosts', program, 'pebble', 'pebble-challtestsrv'], `the blocks of the page, in ${program}`, (_, caddy, pebble, names) => {
    let acme: AcmeServer
    let gateway: RunningGateway
    beforeAll(async () => {
      acme = await startAcme(pebble, names)
      gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: acme.env })
    })

    it.each([
      ['the template', blockOf('caddyfile', 'template').text],
      ['the shorter one', blockOf('caddyfile', 'older').text],
      ['the one of the first guide', firstGuide.caddy],
    ])('%s leads to the gateway, with a certificate from an authority', async (_title, text) => {
      const site = changed(text, { '127.0.0.1:18790': `127.0.0.1:${gateway.port}` })
      const proxy = await startCaddy(caddy, { config: `{\n${acme.caddyGlobals}}\n${site}`, port: acme.httpsPort })
      await acme.issued(NAME)
      expectWorks(await verdictOf(gateway, `https://${NAME}:${acme.httpsPort}`))
      await proxy.stop()
    })

    it('does not read what the first guide has in one line', async () => {
      const file = join(await tempFolder(), 'Caddyfile')
      await writeFile(file, firstGuide.caddyInOneLine)
      const { code, stderr } = await run([caddy, 'adapt', '--config', file, '--adapter', 'caddyfile'])
      expect([code, stderr]).toEqual([1, expect.stringContaining("Unexpected next token after '{' on same line")])
    })
  })
}

/** YAML as cloudflared's manual shows it, and no more: comments, `key: value` with a quoted or plain word, and one list of rules. */
const plainYaml = /^(?:#.*|\s*|[a-z-]+:(?: "[^"\\]*")?| {2}#.*| {2}- (?:hostname|service): (?:"[^"\\]*"|[\w:]+)| {4}service: "[^"\\]*")$/

it('the configuration of cloudflared is YAML of the plainest kind, with its last rule for everything', () => {
  const lines = blockOf('yaml', 'template').text.trimEnd().split('\n')
  expect(lines.filter((line) => !plainYaml.test(line))).toEqual([])
  expect(lines.filter((line) => /^[a-z-]+:/.test(line)).map((line) => line.split(':')[0])).toEqual([
    'tunnel',
    'credentials-file',
    'ingress',
  ])
  expect(lines.at(-1)).toBe('  - service: http_status:404')
})

/** The text with each of these places changed. Throws where one is not there: then the page says something else. */
function changed(text: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`there is no ${from}`)
    return all.replaceAll(from, () => to)
  }, text)
}
