import { expect, it } from 'vitest'
import { needsPeer } from '../../support/peers.ts'
import { testGateway } from './gateway.ts'
import { open, startApp, startBroker, startFrpc, untilServed, visit } from './house.ts'

needsPeer(['frps', 'frpc'], 'xopc broker start --dev', (frps, frpc) => {
  it('lets a bare frpc serve an app under the name of a lease', async () => {
    const [broker, app] = await Promise.all([startBroker(frps), startApp()])
    const { status, body: lease } = await testGateway(broker.url).register()
    expect(status).toBe(200)
    expect(lease.publicUrl).toBe(broker.pattern.replace('<name>', lease.subdomain))
    const link = await startFrpc(frpc, lease, await broker.discovery(), { localPort: app.port })
    await link.says(/start proxy success/)
    expect(await visit(lease.publicUrl)).toEqual({ status: 200, text: `hello ${new URL(lease.publicUrl).host}` })
    broker.kill('SIGTERM')
    const since = Date.now()
    expect(await broker.ended).toBe(0)
    expect(Date.now() - since).toBeLessThan(3000)
  })
})
void open
void untilServed
