import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tunnelConsent } from '../../src/lib/protocol/consent.ts'
import { askControl } from '../e2e/tunnel/house.ts'
import { startGateway } from '../support/gateway.ts'

// Whoever runs the broker could read what goes through. That cannot be kept from them, for they have the certificate of the public name; so it is said
// before anybody agrees, in these words.

const sentence =
  'The broker and its server stand between: whoever runs them can read and change everything that goes through, your token included.'
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ')

it('is one of the sentences that are agreed to', () => {
  expect(tunnelConsent.sentences).toContain(sentence)
})

it('is printed before anybody agrees, and nothing is agreed to by reading', async () => {
  const gateway = await startGateway({ config: { tunnel: { brokerUrl: 'http://127.0.0.1:9/api' } } })
  const read = await gateway.xopc(['tunnel', 'consent'])
  expect([read.code, plain(read.stdout + read.stderr)]).toEqual([1, expect.stringContaining(sentence)])
  for (const args of [
    ['tunnel', 'start'],
    ['tunnel', 'start', '--json'],
    ['tunnel', 'start', '--for', '1h'],
  ]) {
    const { code, stdout, stderr } = await gateway.xopc(args)
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('TUNNEL_CONSENT_REQUIRED')])
  }
  expect(await askControl(gateway, '/tunnel/start', 'POST', {})).toMatchObject({ status: 403, json: { code: 'TUNNEL_CONSENT_REQUIRED' } })
  expect(await readFile(join(gateway.stateDir, 'xopc.json'), 'utf8')).not.toContain('acceptedAt')
})

it('an agreement to other words is none', async () => {
  const consent = { version: '2025-01', acceptedAt: '2025-01-01T00:00:00Z' }
  const gateway = await startGateway({ config: { tunnel: { brokerUrl: 'http://127.0.0.1:9/api', consent } } })
  expect(await askControl(gateway, '/tunnel/start', 'POST', {})).toMatchObject({ status: 403, json: { code: 'TUNNEL_CONSENT_REQUIRED' } })
  expect(await askControl(gateway, '/tunnel/consent', 'POST', { version: '2025-01' })).toMatchObject({
    status: 409,
    json: { code: 'CONSENT_OUTDATED' },
  })
})
