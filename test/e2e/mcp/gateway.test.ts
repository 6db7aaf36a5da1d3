import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { startGateway } from '../../support/gateway.ts'
import { codeOf, connect, expectPure } from './house.ts'

const calls = [
  ['status', {}],
  ['test', { method: 'lan' }],
  ['diagnose', { method: 'proxy' }],
  ['enable', { method: 'lan' }],
  ['disable', { method: 'lan' }],
  ['pair', {}],
  ['pair_status', { id: 'x' }],
] as const

it('without a gateway every tool says so and what to type; one that is started is found, and again after a restart', async () => {
  const stateDir = await tempFolder()
  const peer = await connect(stateDir)
  for (const [name, given] of calls) {
    const answer = await peer.call(name, given)
    expect(codeOf(answer)).toBe('GATEWAY_NOT_RUNNING')
    expect(answer.reply).toMatchObject({
      error: { hint: expect.stringMatching(/: xopc gateway$/), docs: 'docs/errors.md#gateway_not_running' },
    })
  }
  await expect(peer.client.readResource({ uri: 'xopc://overview' })).rejects.toMatchObject({
    message: expect.stringContaining('GATEWAY_NOT_RUNNING'),
    data: { error: { code: 'GATEWAY_NOT_RUNNING' } },
  })
  expect((await peer.client.readResource({ uri: 'xopc://guide/your-gateway' })).contents).toHaveLength(1)

  const first = await startGateway({ stateDir })
  expect((await peer.call('status')).reply).toMatchObject({ running: true })
  await first.stop()
  expect(codeOf(await peer.call('status'))).toBe('GATEWAY_NOT_RUNNING')
  const second = await startGateway({ stateDir })
  expect((await peer.call('status')).reply).toMatchObject({ running: true })
  await second.kill9()
  expect(codeOf(await peer.call('status'))).toBe('GATEWAY_NOT_RUNNING')
  expectPure(peer)
})

it('a configuration that is broken is an error of the call, not the end', async () => {
  const stateDir = await tempFolder()
  const file = join(stateDir, 'xopc.json')
  await writeFile(file, '{ gateway: { prot: 1 } }', { mode: 0o600 })
  const peer = await connect(stateDir)
  const answer = await peer.call('status')
  expect(codeOf(answer)).toBe('CONFIG_INVALID')
  const typed = await peer.call('status')
  expect(typed.reply).toEqual(answer.reply)
  await writeFile(file, '{}', { mode: 0o600 })
  expect(codeOf(await peer.call('status'))).toBe('GATEWAY_NOT_RUNNING')
})

it('a gateway elsewhere that cannot be reached is an error, never the one that is here', async () => {
  const { stateDir } = await startGateway()
  const peer = await connect(stateDir, { env: { XOPC_GATEWAY_URL: 'http://127.0.0.1:9', XOPC_GATEWAY_TOKEN: 'f00d'.repeat(12) } })
  const answer = await peer.call('status')
  expect(codeOf(answer)).not.toBe('GATEWAY_NOT_RUNNING')
  expect(peer.stdout() + peer.stderr()).not.toContain('f00d'.repeat(12))
})

it('lines of the audit log that are no lines open nothing', async () => {
  const gateway = await startGateway()
  const peer = await connect(gateway.stateDir)
  const lines = ['not json', '{"event":"AccessAudit.wanted"}', '{"event":"AccessAudit.wanted","method":"lan","settings":null}', '[]']
  await appendFile(join(gateway.stateDir, 'logs/audit.log'), `${lines.join('\n')}\n`)
  expect(codeOf(await peer.call('enable', { method: 'lan' }))).toBe('MCP_NOT_ENABLED_BEFORE')
})
