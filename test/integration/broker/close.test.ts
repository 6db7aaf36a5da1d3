import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { brokerFolder } from '../../../src/lib/broker/folder.ts'
import { runBrokerIn } from '../../../src/lib/broker/run.ts'
import { testGateway } from '../../e2e/broker/gateway.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { run } from '../../support/run.ts'

needsPeer('frps', 'a broker that cannot save its last heartbeats', (frps) => {
  it('says so, and leaves no server behind', async () => {
    const folder = brokerFolder(await tempFolder())
    const servers = async (): Promise<string> => (await run(['pgrep', '-f', `frps.*${folder.frps}`])).stdout.trim()
    const options = { dev: true, port: await freePort(), env: { ...process.env, XOPC_FRPS_PATH: frps } }
    const over = runBrokerIn(folder, options, async ({ brokerUrl }) => {
      expect(await servers()).not.toBe('')
      const gateway = testGateway(brokerUrl)
      const { body: lease } = await gateway.register()
      const other = new DatabaseSync(folder.store)
      other.exec('BEGIN IMMEDIATE')
      expect((await gateway.beat(lease)).status).toBe(200)
    })
    await expect(over).rejects.toMatchObject({ code: 'BROKER_NOT_SAVED', message: expect.stringContaining('locked') })
    expect(await servers()).toBe('')
  })
})
