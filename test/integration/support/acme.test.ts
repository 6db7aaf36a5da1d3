import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { type AcmeServer, startAcme } from '../../support/acme.ts'
import { needsPeer } from '../../support/peers.ts'
import { startCaddy } from '../../support/proxy-programs.ts'

needsPeer(['pebble', 'pebble-challtestsrv', 'caddy', 'caddy-2.11'], 'a certificate by ACME', (pebble, challtestsrv, ...caddies) => {
  let acme: AcmeServer
  beforeAll(async () => {
    acme = await startAcme(pebble, challtestsrv)
  })

  describe.each(caddies)('%s', (caddy) => {
    it('gets one and serves it', async () => {
      const config = `{\n${acme.caddyGlobals}}\ngateway.test {\n  respond hello\n}\n`
      const program = await startCaddy(caddy, { config, port: acme.httpsPort })
      await acme.issued('gateway.test')
      const socket = connect({ host: '127.0.0.1', port: acme.httpsPort, servername: 'gateway.test', ca: await readFile(acme.rootFile) })
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
      expect(socket.getPeerX509Certificate()?.checkHost('gateway.test')).toBe('gateway.test')
      socket.destroy()
      expect(new X509Certificate(await readFile(acme.rootFile)).subject).toContain('Pebble Root CA')
      await program.stop()
    })
  })
})
