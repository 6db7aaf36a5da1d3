import { expect, it } from 'vitest'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { type Door, openHouse } from './doors.ts'
import { keyLine, openLocalUi } from './local-ui.ts'

// An event stream or an API that says Access-Control-Allow-Origin: * tells every page what happens here.

const house = await openHouse({ gateway: { corsOrigins: ['https://app.example.com'] } })
const withApp = await openHouse({ app: true })
const reading = controlRoutes.filter(({ method }) => method === 'GET').map(({ path }) => path.replace(':id', 'lan'))
const changing = controlRoutes.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path.replace(':id', 'lan')}`)
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

/** Says to no page that it may read this. */
function isSilent(headers: Readonly<Record<string, string>>, of: string): void {
  expect(
    Object.keys(headers).filter((name) => name.startsWith('access-control-')),
    of,
  ).toEqual([])
}

it.each(changing)('%s is readable by no foreign page, as JSON or as a stream', async (route) => {
  const [method, path = ''] = route.split(' ')
  for (const each of [house, withApp]) {
    for (const origin of origins) {
      for (const accept of ['application/json', 'text/event-stream']) {
        const lines = [`Origin: ${origin}`, 'Content-Type: application/json', `Accept: ${accept}`, each.bearer]
        const answer = await each.doors.local.ask(`${method} /xopc${path}`, lines, { body: '{}' })
        expect(answer.status, `${origin} ${accept}`).toBe(403)
        isSilent(answer.headers, `${origin} ${accept}`)
      }
    }
  }
})

it.each(['/xopc/api/tunnel/pair/probe-public', '/xopc/api/access/proxy/test', '/xopc/api/agent/stream'])(
  'the stream that a POST to %s opens says nothing to pages',
  async (path) => {
    const body = JSON.stringify(path.endsWith('public') ? { url: 'http://127.0.0.1:9' } : path.endsWith('stream') ? { message: 'x' } : {})
    const lines = ['Content-Type: application/json', 'Accept: text/event-stream', house.bearer]
    isSilent((await house.doors.local.ask(`POST ${path}`, lines, { body })).headers, path)
  },
)

it('pages, files, health, errors and what is not there are for pages of ours alone', async () => {
  const page = await house.doors.local.ask('GET /', ['Accept: text/html'])
  const script = /src="(\/xopc\/assets\/[^"]+)"/.exec(page.body)?.[1] ?? ''
  for (const path of ['/', '/health', '/xopc/pair', '/xopc/errors.html', '/xopc/icon.svg', script, '/xopc/api/nothing', '/xopc/metrics']) {
    for (const origin of [null, ...origins]) {
      isSilent((await house.doors.local.ask(`GET ${path}`, origin === null ? [] : [`Origin: ${origin}`])).headers, `${path} ${origin}`)
    }
  }
})

it('no page elsewhere is told that it may ask', async () => {
  for (const { method, path } of controlRoutes) {
    for (const origin of origins) {
      const lines = [`Origin: ${origin}`, `Access-Control-Request-Method: ${method}`, 'Access-Control-Request-Headers: x-xopc-token']
      isSilent((await house.doors.local.ask(`OPTIONS /xopc${path.replace(':id', 'lan')}`, lines)).headers, `${method} ${path} ${origin}`)
    }
  }
})

it('the server of xopc ui says nothing to pages either, and passes nothing of the kind on', async () => {
  const ui = await openLocalUi(house.gateway)
  const key = keyLine(await ui.enter())
  for (const path of ['/', '/health', '/xopc/errors.html', '/nothing', ...reading.map((each) => `/xopc${each}`)]) {
    if (/events|stream/.test(path)) continue
    for (const origin of [null, 'https://app.example.com', ...origins]) {
      const lines = [key, ...(origin === null ? [] : [`Origin: ${origin}`])]
      const answer = await ui.door.ask(`GET ${path}`, lines)
      if (origin !== null) expect(answer, path).toMatchObject({ status: 403, code: 'UI_FOREIGN_ORIGIN' })
      isSilent(answer.headers, `${path} ${origin}`)
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
