import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { templateFor } from '../../../src/lib/access/proxy/templates/template.ts'
import { createTestCa } from '../../support/certs.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { type Ran, run } from '../../support/run.ts'

/** With the port, with the socket, and with the longest name that a template takes. */
const wishes = [
  ['the port', { domain: 'gateway.example.com', port: 18790 }],
  ['the socket', { domain: 'gateway.example.com', port: 18790, socket: '/run/xopc/gateway.sock' }],
  ['the longest name', { domain: `${'a.'.repeat(125)}aaa`, port: 1 }],
] as const

for (const program of ['caddy', 'caddy-2.11']) {
  needsPeer(program, `the template, read by ${program}`, (caddy) => {
    async function validate(text: string): Promise<Ran> {
      const home = await tempFolder()
      const file = join(home, 'Caddyfile')
      await writeFile(file, text)
      const env = { PATH: process.env['PATH'], HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home }
      return await run([caddy, 'validate', '--adapter', 'caddyfile', '--config', file], { env })
    }

    it.each(wishes)('is valid and in its own format, with %s', async (_, given) => {
      const { code, stdout, stderr } = await validate(templateFor('caddy', given).text)
      expect(code, stderr).toBe(0)
      expect(stdout + stderr).toContain('Valid configuration')
      expect(stdout + stderr).not.toMatch(/"level":"(warn|error)"/)
    })

    it('would not be with a directive that Caddy does not know', async () => {
      const { text } = templateFor('caddy', { port: 18790 })
      expect((await validate(text.replace('flush_interval', 'flush_intervall'))).code).not.toBe(0)
    })
  })
}

needsPeer('nginx', 'the template, read by nginx', (nginx) => {
  /** `nginx -t` minds no port that is taken, but one that it may not have. */
  async function check(text: string, http = ''): Promise<Ran> {
    const home = await tempFolder()
    const { certFile, keyFile } = await (await createTestCa()).leaf(['gateway.example.com'])
    const site = text
      .replace(/\S+fullchain\.pem/, certFile)
      .replace(/\S+privkey\.pem/, keyFile)
      .replaceAll(/(?<=listen (?:\[::\]:)?)(?=(?:80|443)\b)/g, '20')
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${home}/${name};`).join(' ')
    const file = join(home, 'nginx.conf')
    await writeFile(file, `pid ${home}/nginx.pid; events {} http { access_log off; ${http} ${temps}\n${site}}`)
    return await run([nginx, '-t', '-e', 'stderr', '-p', home, '-c', file])
  }

  it.each(wishes)('is taken without a warning, with %s', async (_, given) => {
    // A name this long needs a larger table than nginx makes by itself, whatever the site is.
    const { code, stderr } = await check(
      templateFor('nginx', given).text,
      given.domain.length > 40 ? 'server_names_hash_bucket_size 512;' : '',
    )
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('test is successful')
    expect(stderr).not.toMatch(/\[(warn|emerg|error)\]/)
  })

  it('is taken beside another site that has the same map', async () => {
    const { text } = templateFor('nginx', { port: 18790 })
    const other = `map $http_upgrade $connection_upgrade { default upgrade; '' close; }\n`
    expect((await check(other + text)).code).toBe(0)
  })

  it('would not be with a directive that nginx does not know', async () => {
    expect((await check(templateFor('nginx', { port: 18790 }).text.replace('proxy_buffering', 'proxy_bufering'))).code).not.toBe(0)
  })
})
