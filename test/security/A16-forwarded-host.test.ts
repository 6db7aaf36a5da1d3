import { expect, it } from 'vitest'
import { openHouse, PUBLIC_HOST, seenByGateway } from './doors.ts'

// The name decides what a browser session and a rebinding page may do, so of several only the nearest proxy's counts.

const trustedProxies = ['127.0.0.1']
const house = await openHouse({ app: true, gateway: { trustedProxies } })
const unlisted = await openHouse({ app: true })
const doors = [house.doors.local, house.doors.proxy]
const last: readonly (readonly string[])[] = [
  [`X-Forwarded-Host: ${PUBLIC_HOST}`],
  [`X-Forwarded-Host: evil.example, ${PUBLIC_HOST}`],
  [`X-Forwarded-Host: evil.example,${PUBLIC_HOST.toUpperCase()}`],
  ['X-Forwarded-Host: evil.example', `X-Forwarded-Host: ${PUBLIC_HOST}`],
  ['X-Forwarded-Host: a.example, b.example', `x-forwarded-host:  ${PUBLIC_HOST}  `],
  [`X-Forwarded-Host: , ${PUBLIC_HOST}`],
  [`X-Forwarded-Host: ${PUBLIC_HOST}:443`, 'X-Forwarded-Proto: https'],
]

it.each(last.map((lines) => [lines]))('%j: the last one counts', async (lines) => {
  for (const door of doors) {
    expect(await seenByGateway(house, door, lines)).toMatchObject({ host: PUBLIC_HOST })
    expect((await house.seenByApp(door, lines)).headers['x-forwarded-host']).toBe(PUBLIC_HOST)
    expect(await door.ask('GET /json', lines, { host: 'evil.example' })).toMatchObject({ status: 401, code: 'missing_token' })
  }
})

it.each([
  [[`X-Forwarded-Host: ${PUBLIC_HOST}, evil.example`]],
  [[`X-Forwarded-Host: ${PUBLIC_HOST}`, 'X-Forwarded-Host: evil.example']],
  [['X-Forwarded-Host: evil.example']],
])('%j: a known name to the left, or in Host, does not make the last one known', async (lines) => {
  for (const door of doors) {
    expect(await door.ask('GET /json', lines)).toMatchObject({ status: 421, code: 'UNKNOWN_HOST' })
    expect(await door.ask('GET /xopc/api/status', lines)).toMatchObject({ status: 421, code: 'UNKNOWN_HOST' })
  }
})

const broken = [
  '',
  ' ',
  ',',
  `${PUBLIC_HOST},`,
  `${PUBLIC_HOST}, `,
  'a b',
  'a.example/path',
  'user@a.example',
  'a.example:x',
  'a.example:123456',
  'http://a.example',
  '*',
  '-',
]

it.each(broken)('%j from a trusted proxy: 400', async (value) => {
  for (const door of doors) {
    for (const lines of [[`X-Forwarded-Host: ${value}`], [`X-Forwarded-Host: ${PUBLIC_HOST}`, `X-Forwarded-Host: ${value}`]]) {
      expect(await door.ask('GET /json', [house.bearer, ...lines])).toMatchObject({ status: 400, code: 'FORWARDED_INVALID' })
      expect(await door.ask('GET /xopc/', lines)).toMatchObject({ status: 400, code: 'FORWARDED_INVALID' })
      expect(await door.shake('/ws', [house.bearer, ...lines])).toMatchObject({ status: 400, code: 'FORWARDED_INVALID' })
    }
  }
})

it.each([...broken, PUBLIC_HOST])('%j from anybody else: ignored', async (value) => {
  const { local } = unlisted.doors
  const lines = [`X-Forwarded-Host: ${value}`]
  expect(await seenByGateway(unlisted, local, lines)).toMatchObject({ host: local.host })
  expect(await local.ask('GET /json', lines, { host: 'evil.example' })).toMatchObject({ status: 421, code: 'UNKNOWN_HOST' })
})

it.each(['X-Host', 'X-Original-Host', 'X_Forwarded_Host', 'X-Forwarded-Server', 'X-HTTP-Host-Override'])(
  '%s is no X-Forwarded-Host',
  async (name) => {
    for (const door of doors) {
      expect(await door.ask('GET /json', [`${name}: ${PUBLIC_HOST}`], { host: 'evil.example' })).toMatchObject({
        status: 421,
        code: 'UNKNOWN_HOST',
      })
    }
  },
)
