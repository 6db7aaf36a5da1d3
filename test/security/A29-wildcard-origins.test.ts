import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../support/cleanup.ts'
import { xopc } from '../support/gateway.ts'
import { openHouse } from './doors.ts'

// A list of allowed origins that allows everybody, or whoever can get a name in a domain that is open to all.

const lists = [
  ['*'],
  ['https://*.ts.net'],
  ['https://*'],
  ['*://app.example.com'],
  ['https://app.example.com', 'https://*.example.com'],
  ['null'],
  ['file://'],
  ['chrome-extension://abcdefghijklmnop'],
  ['https://app.example.com/'],
  ['https://APP.example.com'],
  ['https://user@app.example.com'],
  [''],
]

const house = await openHouse({ bare: true, gateway: { corsOrigins: ['https://app.example.com'] } })
const file = join(house.gateway.stateDir, 'xopc.json')

it.each(lists)('%s: no gateway starts with it', async (...origins) => {
  const stateDir = await tempFolder()
  await writeFile(join(stateDir, 'xopc.json'), JSON.stringify({ gateway: { port: 0, corsOrigins: origins } }), { mode: 0o600 })
  const ran = await xopc(['gateway', '--json'], { stateDir })
  expect(ran.code, ran.stdout + ran.stderr).toBe(3)
  expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'CONFIG_INVALID' } })
})

it.each(lists)('%s: a running gateway does not take it, by command or by PATCH', async (...origins) => {
  const before = readFileSync(file, 'utf8')
  const set = await house.gateway.xopc(['config', 'set', `gateway.corsOrigins=${JSON.stringify(origins)}`, '--json'])
  expect(set.code, set.stdout).toBe(3)
  const patch = await house.doors.local.ask('PATCH /xopc/api/config', [house.bearer, 'Content-Type: application/json'], {
    body: JSON.stringify({ 'gateway.corsOrigins': origins }),
  })
  expect(patch.status, patch.body).toBe(422)
  expect(readFileSync(file, 'utf8')).toBe(before)
})

it('keeps allowing only what was listed when a bad list is written by hand', async () => {
  const before = readFileSync(file, 'utf8')
  await writeFile(file, before.replace('https://app.example.com', '*'))
  const ask = (origin: string) =>
    house.doors.local.ask('OPTIONS /xopc/api/status', [`Origin: ${origin}`, 'Access-Control-Request-Method: GET'])
  await expect
    .poll(async () => (await house.gateway.fetch('/api/logs?lines=50').then((response) => response.text())).includes('was not taken up'), {
      timeout: 10_000,
    })
    .toBe(true)
  expect((await ask('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined()
  expect((await ask('https://app.example.com')).headers['access-control-allow-origin']).toBe('https://app.example.com')
  await writeFile(file, before)
})
