import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../support/cleanup.ts'
import { xopc } from '../support/gateway.ts'
import { openHouse } from './doors.ts'

// Whoever is a trusted proxy says where a request came from. Everybody must not be one, nor every container of a computer.

const everybody = [
  '0.0.0.0/0',
  '::/0',
  '0.0.0.0/1',
  '128.0.0.0/1',
  '10.0.0.0/7',
  '::/8',
  '::ffff:0:0/96',
  '2000::/3',
  '0/0',
  '*',
  'all',
  'any',
  '',
]
const wide = ['172.16.0.0/12', '172.17.0.0/16', '10.0.0.0/8', '192.168.0.0/16', 'fd00::/8']

const house = await openHouse({ bare: true })
const file = join(house.gateway.stateDir, 'xopc.json')

it.each(everybody)('%s is refused at the start, by command and by PATCH', async (range) => {
  const stateDir = await tempFolder()
  await writeFile(join(stateDir, 'xopc.json'), JSON.stringify({ gateway: { port: 0, trustedProxies: ['127.0.0.1', range] } }), {
    mode: 0o600,
  })
  const started = await xopc(['gateway', '--json'], { stateDir })
  expect(started.code, started.stdout + started.stderr).toBe(3)
  expect(started.stdout).toContain('gateway.trustedProxies.1')

  const before = readFileSync(file, 'utf8')
  const set = await house.gateway.xopc(['config', 'set', `gateway.trustedProxies=${JSON.stringify([range])}`, '--json'])
  expect(set.code, set.stdout).toBe(3)
  const patch = await house.doors.local.ask('PATCH /xopc/api/config', [house.bearer, 'Content-Type: application/json'], {
    body: JSON.stringify({ 'gateway.trustedProxies': [range] }),
  })
  expect(patch.status, patch.body).toBe(422)
  expect(readFileSync(file, 'utf8')).toBe(before)
})

it.each(wide)('%s is a standing warning in the overview', async (range) => {
  const set = await house.gateway.xopc(['config', 'set', `gateway.trustedProxies=${JSON.stringify([range])}`])
  expect(set, set.stderr).toMatchObject({ code: 0 })
  const { conflicts } = JSON.parse((await house.gateway.xopc(['status', '--json'])).stdout) as {
    conflicts: { message: string; fix: unknown }[]
  }
  expect(conflicts.map(({ message }) => message).join('\n')).toContain(range)
  expect((await house.gateway.xopc(['status'])).stdout).toContain(range)
})

it('says nothing of one address', async () => {
  expect(await house.gateway.xopc(['config', 'set', 'gateway.trustedProxies=["127.0.0.1", "::1"]'])).toMatchObject({ code: 0 })
  expect(JSON.parse((await house.gateway.xopc(['status', '--json'])).stdout)).toMatchObject({ conflicts: [] })
})
