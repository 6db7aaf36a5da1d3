import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { readSshTarget } from '../../../src/lib/binaries/ssh-target.ts'
import { openProven } from '../../../src/lib/remote/proven.ts'
import { openSshLink, type SshLink } from '../../../src/lib/remote/ssh-link.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { type Sshd, startSshd } from '../../support/sshd.ts'

// What Windows does, where ssh can neither share a connection nor lead a socket; here it runs on the ssh of this computer.
needsPeer(['sshd'], 'a link whose connections are an ssh each', (sshdPath) => {
  describe('to the port of a gateway', () => {
    it('carries request after request, and leaves no ssh', async () => {
      const [sshd, gateway] = await Promise.all([startSshd(sshdPath), startGateway()])
      const link = await linkTo(sshd, gateway.port)
      const [way] = await link.ways()
      if (way === undefined) throw new Error('there is no way')
      const line = await openProven(way, { publicKey: null, known: '' })
      expect(line.gateway.gatewayId).toBe((await (await gateway.fetch('/xopc/api/status')).json()).gatewayId)
      const ask = async (path: string) =>
        await line.send({ method: 'GET', path, headers: { host: way.origin.slice(7) }, body: null, timeoutMs: 5000 })
      for (let round = 0; round < 3; round++) expect(await text(await ask('/health'))).toContain('"ok"')
      expect(await sshd.clients()).toHaveLength(1)
      line.close()
      await expect.poll(async () => await sshd.clients()).toEqual([])
    })

    it('says that nobody listens there', async () => {
      const sshd = await startSshd(sshdPath)
      const link = await linkTo(sshd, await freePort())
      await expect(link.explain()).rejects.toMatchObject({ code: 'REMOTE_GATEWAY_NOT_RUNNING' })
    })

    it('says that the server forwards nothing', async () => {
      const sshd = await startSshd(sshdPath, { config: ['AllowTcpForwarding no'] })
      const link = await linkTo(sshd, await freePort())
      await expect(link.explain()).rejects.toMatchObject({ code: 'SSH_FORWARDING_FORBIDDEN' })
    })
  })
})

async function linkTo(sshd: Sshd, port: number): Promise<SshLink> {
  const place = { kind: 'ssh' as const, target: readSshTarget(sshd.target), identity: null, url: `http://127.0.0.1:${port}` }
  const env = { ...process.env, XOPC_SSH_PATH: sshd.ssh }
  return await openSshLink({ place, env, state: { runDir: await tempFolder() }, platform: 'win32' })
}
