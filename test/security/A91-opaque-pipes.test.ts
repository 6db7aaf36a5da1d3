import { expect, it } from 'vitest'
import { openHouse } from './doors.ts'

// Behind a 101 a client writes bytes that nobody looks at: a second request there could carry any X-Xopc-User.

const house = await openHouse({ app: true })
const doors = [house.doors.local, house.doors.proxy, house.doors.control]

const upgrades: (readonly string[])[] = [
  ['Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
  ['Connection: Upgrade, close', 'Upgrade: h2c'],
  ['Connection: upgrade, close', 'Upgrade: H2C, websocket'],
  ['Connection: Upgrade, close', 'Upgrade: TLS/1.0'],
  ['Connection: Upgrade, close', 'Upgrade: tcp'],
  ['Connection: Upgrade, close', 'Upgrade: connect-udp'],
]

it.each(upgrades)('%s; %s: is not upgraded', async (...lines) => {
  for (const door of doors) {
    const answer = await door.ask('GET /101', [...lines, house.bearer])
    expect(answer.status, answer.body).not.toBe(101)
    const headers = await door.ask('GET /headers', [...lines, house.bearer])
    expect(headers.status).not.toBe(101)
    // Where it was answered, the app did not hear of an upgrade.
    if (headers.status === 200) expect(headers.body.toLowerCase()).not.toMatch(/"(upgrade|http2-settings)"/)
  }
})

const handshakes: [string, readonly string[]][] = [
  ['no key', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']],
  ['a key of the wrong length', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: c2hvcnQ=']],
  ['no version', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']],
  [
    'an old version',
    ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 8', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
  ],
]

it.each(handshakes)('a handshake with %s opens no pipe', async (_, lines) => {
  for (const door of doors) {
    for (const path of ['/101', '/ws']) {
      const answer = await door.ask(`GET ${path}`, [...lines, house.bearer])
      expect(answer, path).toMatchObject({ status: 400, code: 'UPGRADE_INVALID' })
    }
  }
})

it('a handshake by POST, or with a body, opens no pipe', async () => {
  const whole = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  for (const door of doors) {
    expect((await door.ask('POST /101', [...whole, house.bearer])).status).not.toBe(101)
    expect((await door.ask('GET /101', [...whole, house.bearer], { body: 'GET /headers HTTP/1.1' })).status).not.toBe(101)
  }
})

it('an app that answers 101 without accepting the handshake gets no client', async () => {
  for (const door of doors) {
    for (const path of ['/101', '/ws-bad']) {
      expect(await door.shake(path, [house.bearer]), path).toMatchObject({ status: 502, code: 'UPSTREAM_ANSWER_INVALID' })
    }
  }
})

it('an app that answers 101 to a plain request gets no client either', async () => {
  for (const door of doors) {
    const answer = await door.ask('GET /101', [house.bearer])
    expect(answer.status, answer.body).toBe(502)
  }
})

it('opens a WebSocket that is one', async () => {
  for (const door of doors) expect(await door.shake('/ws', [house.bearer])).toMatchObject({ status: 101 })
})
