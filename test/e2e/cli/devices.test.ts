import { beforeAll, describe, expect, it } from 'vitest'
import type { Device, PairingCode } from '../../../src/lib/protocol/pairing-api.ts'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { type RunningGateway, startGateway, xopc } from '../../support/gateway.ts'
import { errorIn } from './house.ts'
import { startReachable } from './running.ts'

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startReachable()
})

/** The secret of a code that waits. */
async function waiting(name: string, at = gateway): Promise<string> {
  const { stdout } = await at.xopc(['pair', '--timeout', '0', '--name', name, '--json'])
  return readAppLink((JSON.parse(stdout) as PairingCode).links?.app ?? '')?.secret ?? ''
}

function exchange(pairingSecret: string, at = gateway): Promise<Response> {
  return fetch(`${at.url}/api/tunnel/exchange-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pairingSecret }),
  })
}

/** A device that joined, with its token. */
async function joined(name: string, at = gateway): Promise<{ id: string; token: string }> {
  const reply = await exchange(await waiting(name, at), at)
  const { token, device } = (await reply.json()) as { token: string; device: Device }
  return { id: device.id, token }
}

async function names(stateDir = gateway.stateDir): Promise<string[]> {
  const { stdout } = await xopc(['devices', 'list', '--json'], { stateDir })
  return (JSON.parse(stdout) as Device[]).map(({ name }) => name)
}

describe('while a gateway runs', () => {
  it('are listed, renamed by the beginning of their id, and revoked by their name: what is open ends within a second', async () => {
    const { id, token } = await joined('Pixel')
    const list = await gateway.xopc(['devices', 'list'])
    expect(list.stdout).toMatch(new RegExp(`${id.slice(0, 8)} +Pixel +app +read run +just now +just now, from 127\\.0\\.0\\.1 by local`))
    const renamed = await gateway.xopc(['devices', 'rename', id.slice(0, 8), 'Anna’s phone', '--json'])
    expect(JSON.parse(renamed.stdout)).toMatchObject({ id, name: 'Anna’s phone' })
    const stream = await gateway.fetch('/api/events', { headers: { authorization: `Bearer ${token}` } })
    const reader = (stream.body ?? new ReadableStream()).getReader()
    await reader.read()
    const revoked = await gateway.xopc(['devices', 'revoke', 'Anna’s phone', '--json'])
    const since = Date.now()
    expect([revoked.code, JSON.parse(revoked.stdout)]).toEqual([0, { revoked: 1 }])
    while (!(await reader.read().catch(() => ({ done: true }))).done);
    expect(Date.now() - since).toBeLessThan(1000)
    const after = await gateway.fetch('/api/status', { headers: { authorization: `Bearer ${token}` } })
    expect(after.status).toBe(401)
  })

  it('two of one name are not guessed at', async () => {
    await joined('Twin')
    await joined('Twin')
    const { code, stdout } = await gateway.xopc(['devices', 'revoke', 'Twin', '--json'])
    expect([code, errorIn(stdout).code]).toEqual([2, 'DEVICE_AMBIGUOUS'])
    expect(await names()).toEqual(['Twin', 'Twin'])
    const all = await gateway.xopc(['devices', 'revoke', '--all', '--json'])
    expect([all.code, JSON.parse(all.stdout), await names()]).toEqual([0, { revoked: 2 }, []])
  })

  it('all of them: also who could still join by a code that waits', async () => {
    const secret = await waiting('Late')
    expect((await gateway.xopc(['devices', 'revoke', '--all'])).code).toBe(0)
    expect((await exchange(secret)).status).toBe(401)
    expect(await names()).toEqual([])
  })

  it.each([
    [['devices', 'revoke', 'nobody'], 1, 'DEVICE_NOT_FOUND'],
    [['devices', 'rename', 'nobody', 'x'], 1, 'DEVICE_NOT_FOUND'],
    [['devices', 'revoke'], 2, 'USAGE'],
    [['devices', 'revoke', 'x', '--all'], 2, 'USAGE'],
    [['devices', 'rename', 'x'], 2, 'USAGE'],
  ])('%j: exit %d, %s', async (args, exit, code) => {
    const { code: left, stdout } = await gateway.xopc([...args, '--json'])
    expect([left, errorIn(stdout).code]).toEqual([exit, code])
  })
})

it('without a gateway the file is read and changed, and the next start holds to it', async () => {
  const ended = await startReachable()
  const [pixel, anna] = [await joined('Pixel', ended), await joined('Anna', ended)]
  await ended.stop()
  const { stateDir } = ended
  const list = await xopc(['devices', 'list'], { stateDir })
  expect(list.stdout).toMatch(/not running[^]*Anna[^]*Pixel/)
  expect((await xopc(['devices', 'rename', pixel.id, 'Other'], { stateDir })).code).toBe(0)
  expect((await xopc(['devices', 'revoke', 'Anna'], { stateDir })).stdout).toContain('it stays out when the gateway starts')
  expect(await names(stateDir)).toEqual(['Other'])
  const again = await startGateway({ stateDir })
  const statusOf = async (token: string): Promise<number> =>
    (await again.fetch('/api/status', { headers: { authorization: `Bearer ${token}` } })).status
  expect([await statusOf(pixel.token), await statusOf(anna.token)]).toEqual([200, 401])
})
