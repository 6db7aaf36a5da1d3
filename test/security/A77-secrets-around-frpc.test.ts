import { readFileSync, statSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createServer, get } from 'node:http'
import { once } from 'node:events'
import { atEnd } from '../support/cleanup.ts'
import { frpcFacts, startFrpc, startFrps } from '../support/frp.ts'
import { needsPeer } from '../support/peers.ts'
import { run } from '../support/run.ts'

// Arguments can be read by every user of the computer; what frpc prints ends in our log; its environment can be read by a template.

const secrets = {
  token: 'token-of-the-lease-7f3a',
  owner: 'token-of-the-owner-91bc',
  registration: 'secret-of-the-broker-55de',
  proxy: 'password-of-a-proxy',
}
const leaks = (text: string): string[] => Object.values(secrets).filter((secret) => text.includes(secret))

needsPeer(['frpc', 'frps'], 'a frpc that runs', (frpc, frps) => {
  it('has no secret in its arguments, its environment and its output', async () => {
    const server = await startFrps(frps)
    const facts = await frpcFacts({ serverPort: server.port, token: secrets.token })
    const app = createServer((_, response) => response.end('hello')).listen(facts.unixPath)
    await once(app, 'listening')
    atEnd(async () => app.close())
    const client = await startFrpc(frpc, facts, {
      ...process.env,
      XOPC_GATEWAY_TOKEN: secrets.owner,
      XOPC_TUNNEL_REGISTRATION_SECRET: secrets.registration,
      http_proxy: `http://user:${secrets.proxy}@127.0.0.1:9`,
      HTTPS_PROXY: `http://user:${secrets.proxy}@127.0.0.1:9`,
    })
    await client.event('serving')
    const visitor = get({
      host: '127.0.0.1',
      port: server.vhostPort,
      path: `/?token=${secrets.owner}`,
      headers: { host: 'gwtest.t.test', authorization: secrets.owner },
    })
    const [answer] = await once(visitor, 'response')
    expect(answer).toMatchObject({ statusCode: 200 })
    const listed = await run(['ps', '-ww', '-o', 'args=', '-p', String(client.pid)])
    expect(listed.stdout).toContain('frpc')
    expect(leaks(listed.stdout)).toEqual([])
    expect(leaks(readFileSync(`/proc/${client.pid}/cmdline`, 'utf8'))).toEqual([])
    const environment = readFileSync(`/proc/${client.pid}/environ`, 'utf8')
    expect(environment).toContain('PATH=')
    expect(leaks(environment)).toEqual([])
    expect(environment.split('\0').filter((each) => /^XOPC_|proxy=/i.test(each))).toEqual([])
    expect(leaks(client.lines.join('\n'))).toEqual([])
    expect(server.asked[0]?.content['metas'], 'it came by the file').toEqual({ token: secrets.token })
    expect(statSync(client.configPath).mode & 0o777).toBe(0o600)
    await client.stop()
  })
})
