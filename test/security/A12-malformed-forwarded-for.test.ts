import { expect, it } from 'vitest'
import { authModes, openHouse, seenByGateway } from './doors.ts'

// A list that cannot be read is not guessed at: which element would be the client?

const malformed = [
  '',
  ' ',
  ',',
  ',,',
  '1.1.1.1,',
  ',1.1.1.1',
  '1.1.1.1, , 1.2.3.4',
  'batman',
  'batman, 1.2.3.4',
  '1.2.3.4, batman',
  '1.2.3.0/24',
  '10.0.0.0/8, 1.2.3.4',
  'unknown',
  '_hidden',
  '1.2.3.4:5678',
  '[::1]',
  '"1.2.3.4"',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '0x7f.0.0.1',
  '2130706433',
  '1.2.3.4 5.6.7.8',
  '1.2.3.4; 5.6.7.8',
  ':::1',
  'fe80::1%',
  'localhost',
]
const trustedProxies = ['127.0.0.1']
const token = await openHouse({ app: true, gateway: { trustedProxies } })
const password = await openHouse({ gateway: { auth: authModes.password, trustedProxies } })
const unlisted = await openHouse({ app: true })
const refused = { status: 400, code: 'FORWARDED_INVALID' }

it.each(malformed)('%j from a trusted proxy: 400', async (value) => {
  for (const { doors, bearer } of [token, password]) {
    for (const door of [doors.local, doors.proxy]) {
      for (const lines of [
        [`X-Forwarded-For: ${value}`],
        [`X-Forwarded-For: ${value}`, bearer],
        ['X-Forwarded-For: 1.2.3.4', `x-forwarded-for: ${value}`],
      ]) {
        expect(await door.ask('GET /xopc/api/status', lines)).toMatchObject(refused)
      }
      expect(await door.ask('GET /', [bearer, `X-Forwarded-For: ${value}`])).toMatchObject(refused)
      expect(await door.ask('GET /health', [`X-Forwarded-For: ${value}`])).toMatchObject(refused)
      const signIn = await door.ask('POST /xopc/api/session', ['Content-Type: application/json', `X-Forwarded-For: ${value}`], {
        body: '{"token":"x"}',
      })
      expect(signIn).toMatchObject(refused)
      for (const path of ['/ws', '/xopc/api/probe/ws'])
        expect(await door.shake(path, [bearer, `X-Forwarded-For: ${value}`])).toMatchObject(refused)
    }
  }
})

it.each(malformed)('%j from anybody else: ignored', async (value) => {
  const lines = [`X-Forwarded-For: ${value}`]
  expect(await seenByGateway(unlisted, unlisted.doors.local, lines)).toMatchObject({ client: '127.0.0.1', proxied: true })
  expect((await unlisted.seenByApp(unlisted.doors.local, lines)).headers['x-forwarded-for']).toBe('127.0.0.1')
  expect(await unlisted.doors.control.ask('GET /xopc/api/status', lines)).toMatchObject({ status: 200 })
})
