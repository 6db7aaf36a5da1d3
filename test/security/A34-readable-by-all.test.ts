import { expect, it } from 'vitest'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { type Door, openHouse } from './doors.ts'

// An event stream or an API that says Access-Control-Allow-Origin: * tells every page what happens here.

const house = await openHouse({ gateway: { corsOrigins: ['https://app.example.com'] } })
const withApp = await openHouse({ app: true })
const reading = controlRoutes.filter(({ method }) => method === 'GET').map(({ path }) => path.replace(':id', 'lan'))
const origins = ['https://evil.example', 'null', 'http://127.0.0.1:3000']

async function firstHeaders(door: Door, path: string, lines: readonly string[]) {
  // Streams never end by themselves: a HEAD-like look at what comes first is enough.
  if (!/events|stream/.test(path)) return (await door.ask(`GET ${path}`, lines)).headers
  const response = await fetch(`http://${door.host}${path}`, {
    headers: Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2))),
    signal: AbortSignal.timeout(5_000),
  })
  await response.body?.cancel()
  return Object.fromEntries(response.headers)
}

it.each(reading)('GET %s is readable by no foreign page', async (path) => {
  for (const each of [house, withApp]) {
    for (const origin of [null, ...origins]) {
      for (const credential of [[], [each.bearer]]) {
        const headers = await firstHeaders(each.doors.local, `/xopc${path}`, [
          ...(origin === null ? [] : [`Origin: ${origin}`]),
          ...credential,
        ])
        expect(headers['access-control-allow-origin'], `${origin}`).toBeUndefined()
        expect(headers['access-control-allow-credentials']).toBeUndefined()
      }
    }
  }
})

it('a listed page may read, by its exact name and without the browser’s cookie', async () => {
  const { local } = house.doors
  const { headers } = await local.ask('GET /xopc/api/status', ['Origin: https://app.example.com', house.bearer])
  expect(headers['access-control-allow-origin']).toBe('https://app.example.com')
  expect(headers['access-control-allow-credentials']).toBeUndefined()
  expect(headers['vary']).toMatch(/origin/i)
})
