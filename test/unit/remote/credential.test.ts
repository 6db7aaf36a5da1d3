import { describe, expect, it } from 'vitest'
import { isReadable, maySend } from '../../../src/lib/remote/credential.ts'

const owner = 'a1b2c3d4'.repeat(6)
const device = `xopc_dt_${'x'.repeat(43)}`

describe('what may be sent over an origin', () => {
  it.each([
    'http://192.168.1.5:18790',
    'http://10.0.0.7:18790',
    'http://172.16.0.1',
    'http://100.64.0.1:18790',
    'http://169.254.3.4',
    'http://[fd00::7]:18790',
    'http://[fe80::7]:18790',
    'http://[::ffff:192.168.1.5]',
    'http://home.local:18790',
    'http://home.local.:18790',
    'http://home.example.com',
  ])('%s is read in the network: a device’s token alone', (origin) => {
    expect(isReadable(origin)).toBe(true)
    expect([maySend(owner, origin), maySend('a good long password', origin), maySend(device, origin), maySend(null, origin)]).toEqual([
      false,
      false,
      true,
      true,
    ])
  })

  it.each([
    'http://127.0.0.1:18790',
    'http://127.8.8.8',
    'http://localhost:18790',
    'http://gateway.localhost:8080',
    'http://[::1]:18790',
    'https://home.example.com',
    'https://192.168.1.5:8443',
    'https://home.local',
  ])('%s is not: everything', (origin) => {
    expect(isReadable(origin)).toBe(false)
    expect([maySend(owner, origin), maySend(device, origin), maySend(null, origin)]).toEqual([true, true, true])
  })

  it('a token is a device’s by its beginning alone', () => {
    const origin = 'http://192.168.1.5:18790'
    expect([`${owner}xopc_dt_`, ` ${device}`, 'XOPC_DT_x', ''].map((each) => maySend(each, origin))).toEqual([false, false, false, false])
  })
})
