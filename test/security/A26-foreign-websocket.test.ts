import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { type DoorName, type House, openHouse, PUBLIC_HOST } from './doors.ts'

// Browsers let any page open a WebSocket to anywhere and add the cookie by themselves.

needsPeer('netns', 'a WebSocket of a foreign page', (ip) => {
  let plain: House
  let withApp: House
  beforeAll(async () => {
    plain = await openHouse({ ip })
    withApp = await openHouse({ ip, app: true })
  })
  const doors: DoorName[] = ['local', 'lan', 'proxy']

  const foreign = (host: string): string[] => [
    'https://evil.example',
    'http://evil.example',
    `https://${host}`,
    `http://${host}.evil.example`,
    `http://evil.example:${host.split(':')[1] ?? '80'}`,
    `http://${host.split(':')[0]}:1`,
    `http://${host}@evil.example`,
    `http://${host}/`,
    `http://${host} `.trimEnd() + '#',
    `https://${PUBLIC_HOST}.evil.example`,
    `http://${PUBLIC_HOST}`,
    'http://127.0.0.1',
    'http://127.0.0.1:3000',
    'http://localhost:3000',
  ]

  it.each(doors)('is refused before any frame on %s', async (name) => {
    const own = `https://${PUBLIC_HOST}`
    for (const house of [plain, withApp]) {
      const door = house.doors[name]
      for (const origin of foreign(door.host).filter((each) => each !== own)) {
        for (const path of house === withApp ? ['/ws', '/xopc/api/probe/ws'] : ['/api/probe/ws', '/xopc/api/probe/ws']) {
          for (const credential of [[], [house.bearer]]) {
            const answer = await door.shake(path, [`Origin: ${origin}`, ...credential])
            expect(answer, `${origin} ${path}`).toMatchObject({ status: 403, code: 'FOREIGN_ORIGIN' })
          }
        }
      }
    }
  })

  it('is refused with a cookie that the browser adds by itself', async () => {
    const { local } = plain.doors
    const origin = `http://${local.host}`
    const signIn = await local.ask('POST /xopc/api/session', [`Origin: ${origin}`, 'Content-Type: application/json'], {
      body: JSON.stringify({ token: plain.gateway.token }),
    })
    expect(signIn.status, signIn.body).toBe(200)
    const cookie = `Cookie: ${signIn.headers['set-cookie']?.split(';')[0]}`
    const key = `X-Xopc-Token: ${(JSON.parse(signIn.body) as { sessionKey: string }).sessionKey}`
    expect(await local.shake('/xopc/api/probe/ws', [`Origin: ${origin}`, cookie, key])).toMatchObject({ status: 101 })
    expect(await local.shake('/xopc/api/probe/ws', ['Origin: https://evil.example', cookie])).toMatchObject({ status: 403 })
    expect(await local.shake('/xopc/api/probe/ws', ['Origin: https://evil.example', cookie, key])).toMatchObject({ status: 403 })
  })

  it('is open to pages of the gateway and to what is no browser', async () => {
    for (const name of doors) {
      const door = withApp.doors[name]
      const origin = name === 'proxy' ? `https://${PUBLIC_HOST}` : `http://${door.host}`
      expect(await door.shake('/ws', [`Origin: ${origin}`, withApp.bearer]), name).toMatchObject({ status: 101 })
      expect(await door.shake('/ws', [withApp.bearer]), name).toMatchObject({ status: 101 })
    }
  })
})
