import { describe, expect, it } from 'vitest'
import { frpcConfig } from '../../src/lib/binaries/frpc-config.ts'
import { type Certificate, createTestCa, expired, selfSigned } from '../support/certs.ts'
import { frpcFacts, startFrpc, startFrps } from '../support/frp.ts'
import { needsPeer } from '../support/peers.ts'

// Without a file of authorities frpc believes any certificate, and whoever stands between gets the token of the lease.

needsPeer(['frpc', 'frps'], 'a frp server whose certificate', (frpc, frps) => {
  const ours = createTestCa()
  const cases: [string, () => Promise<Certificate | undefined>][] = [
    ['another authority signed', async () => await (await createTestCa()).leaf(['127.0.0.1'])],
    ['nobody signed', async () => await selfSigned(['127.0.0.1'])],
    ['frps made up by itself', async () => undefined],
    ['is for another name', async () => await (await ours).leaf(['other.test'])],
    ['has expired', async () => await (await ours).leaf(['127.0.0.1'], expired)],
  ]

  it.each(cases)('%s is told nothing', async (_, made) => {
    const certificate = await made()
    const server = await startFrps(frps, certificate === undefined ? {} : { certificate })
    const { caFile } = await ours
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port, tls: { caFile } }))
    expect((await client.event('tls')).reason).toMatch(/x509/)
    expect(await client.exited).toBe(1)
    expect(server.asked).toEqual([])
    await server.stop()
  })

  it('our authority signed is logged in to', async () => {
    const { caFile, leaf } = await ours
    const server = await startFrps(frps, { certificate: await leaf(['127.0.0.1']) })
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port, tls: { caFile } }))
    await client.event('serving')
    expect(server.asked.map(({ op }) => op)).toContain('Login')
    await client.stop()
  })

  it('has another name than the address is logged in to by that name', async () => {
    const { caFile, leaf } = await ours
    const server = await startFrps(frps, { certificate: await leaf(['other.test']) })
    const client = await startFrpc(frpc, await frpcFacts({ serverPort: server.port, tls: { caFile, serverName: 'other.test' } }))
    await client.event('serving')
    await client.stop()
  })
})

describe('without TLS', () => {
  it.each(['frp.example.com', '192.168.1.2', '10.0.0.1', 'broker.local', '128.0.0.1', '127.0.0.1.example.com', 'fe80::1'])(
    'nothing is sent to %s',
    async (serverAddr) => {
      const facts = await frpcFacts({ serverPort: 7000, serverAddr })
      expect(() => frpcConfig(facts)).toThrow(expect.objectContaining({ code: 'FRPC_CONFIG_INVALID' }))
    },
  )

  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('%s is this computer', async (serverAddr) => {
    expect(frpcConfig(await frpcFacts({ serverPort: 7000, serverAddr }))).toContain('enable = false')
  })
})
