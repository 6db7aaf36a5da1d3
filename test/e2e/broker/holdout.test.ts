import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { testGateway } from './gateway.ts'
import { open, startApp, startBroker, startFrpc, untilServed, visit } from './house.ts'

needsPeer(['frps', 'frpc', 'frpc-stubborn'], 'who was thrown out', (frps, frpc, stubborn) => {
  it.concurrent.each([
    ['ends its session', 5],
    ['has its session ended by frps', -1],
  ])(
    'is gone within 30 seconds though its frpc %s and keeps all streams, and everybody else is back at once',
    async (_, heartbeatS) => {
      const [broker, { port: localPort }] = await Promise.all([startBroker(frps), startApp()])
      const discovery = await broker.discovery()
      const [bad, good] = await Promise.all([testGateway(broker.url).register(), testGateway(broker.url).register()])
      const link = await startFrpc(stubborn, bad.body, discovery, { localPort, heartbeatS })
      const other = await startFrpc(frpc, good.body, discovery, { localPort })
      await Promise.all([link, other].map(async (each) => await each.says(/start proxy success/)))
      const download = await open(bad.body.publicUrl, '/slow')
      await once(download, 'data')
      const audit = async () => await readFile(join(broker.stateDir, 'broker-dev/audit.log'), 'utf8')

      await xopc(['broker', 'tunnels', 'revoke', bad.body.subdomain, '--dev'], { stateDir: broker.stateDir })
      const since = Date.now()
      await sleep(23_000)
      // The session is over, the stream is not: otherwise this test would show nothing.
      expect(link.output()).toContain('xopc:auth')
      await once(download, 'data')
      const said = other.output().length
      await once(download.resume(), 'error')
      const ms = Date.now() - since
      expect(ms).toBeLessThan(30_000)
      expect(await audit()).toMatch(new RegExp(`TunnelAudit.frpsRestarted.*${bad.body.subdomain}`))

      await other.says(/start proxy success/, said)
      expect(await untilServed(good.body.publicUrl)).toMatch(/^hello/)
      expect((await visit(bad.body.publicUrl)).status).toBe(404)
    },
    90_000,
  )
})
