import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { openHouse } from './doors.ts'

// The app believes X-Xopc-User and its kin, so they come from the gateway alone, however a client spells them.

const house = await openHouse({ app: true, gateway: { trustedProxies: ['127.0.0.1'] } })
const doors = [house.doors.local, house.doors.proxy, house.doors.control]

const claims = [
  ['X-Xopc-User: sso:admin'],
  ['x-xopc-user: sso:admin'],
  ['X_Xopc_User: sso:admin'],
  ['X-Xopc_User: sso:admin'],
  ['x_xopc-user: sso:admin'],
  ['X.Xopc.User: sso:admin'],
  ['X-Xopc-User: owner', 'X-Xopc-User: sso:admin'],
  ['X-Xopc-Anything: sso:admin'],
  ['X-Xopc-Proxy-Secret: sso:admin'],
  ['X_Forwarded_User: sso:admin'],
  ['X-Forwarded-User: sso:admin', 'X-Forwarded-Email: sso:admin', 'X-Forwarded-Groups: sso:admin'],
  ['Remote-User: sso:admin', 'Remote_Groups: sso:admin', 'X-Remote-User: sso:admin'],
  ['X-WebAuth-User: sso:admin', 'X-Auth-Request-User: sso:admin', 'X-Auth-Request-Email: sso:admin'],
  ['Cf-Access-Authenticated-User-Email: sso:admin', 'Cf-Access-Jwt-Assertion: sso:admin'],
  ['Tailscale-User-Login: sso:admin', 'Tailscale-User-Name: sso:admin'],
  ['X-Real-IP: sso:admin', 'Forwarded: for=sso:admin'],
]

it.each(claims)('%s: does not reach the app', async (...lines) => {
  for (const door of doors) {
    const { headers } = await house.seenByApp(door, lines)
    expect(headers['x-xopc-user']).toBe('owner')
    expect(JSON.stringify(headers)).not.toContain('sso:admin')
  }
})

const connections = [
  'X-Xopc-User',
  'x-xopc-user, close',
  'X_Xopc_User',
  'close, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Xopc-User',
  'Host',
  'Authorization',
]

it.each(connections)('Connection: %s takes away nothing that the gateway says', async (value) => {
  for (const door of doors) {
    const connection = [`Connection: ${value.includes('close') ? value : `close, ${value}`}`]
    const { headers } = await house.seenByApp(door, [...connection, 'X-Forwarded-For: 203.0.113.5', 'X-Forwarded-Proto: https'])
    expect(headers['x-xopc-user']).toBe('owner')
    expect(headers['x-forwarded-host']).toBeTruthy()
    expect(headers['x-forwarded-proto']).toBeTruthy()
  }
})

it('what Connection names of the client’s own does not pass', async () => {
  const { headers } = await house.seenByApp(house.doors.local, ['Connection: close, X-Private', 'X-Private: secret', 'X_Private: secret'])
  expect(JSON.stringify(headers)).not.toContain('secret')
})

it('trailers do not pass', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const { port } = house.gateway
    const socket = connect({ host: '127.0.0.1', port }, () =>
      socket.write(
        `POST /headers HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${house.bearer}\r\nConnection: close\r\nTE: trailers\r\nTrailer: X-Xopc-User\r\n` +
          'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Xopc-User: sso:admin\r\nX_Xopc_User: sso:admin\r\n\r\n',
      ),
    )
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')))
    socket.once('error', reject)
    socket.once('close', () => resolve(heard))
  })
  expect(answer).toContain('HTTP/1.1 200')
  expect(answer).not.toContain('sso:admin')
})

it('the same holds for a WebSocket handshake', async () => {
  for (const lines of claims) {
    const answer = await house.doors.local.shake('/ws-headers', [...lines, house.bearer])
    expect(answer.body).toContain('X-Xopc-User')
    expect(JSON.stringify(answer)).not.toContain('sso:admin')
  }
})
