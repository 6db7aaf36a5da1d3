import { expect, it } from 'vitest'
import { openHouse } from './doors.ts'

// Some proxies tell the path that the client asked for in a header of their own, and some programs then go by the header.

const names = [
  'X-Forwarded-Uri',
  'X-Forwarded-Path',
  'X-Forwarded-Prefix',
  'X-Forwarded-Method',
  'X-Original-URL',
  'X-Original-Uri',
  'X-Original-Method',
  'X-Rewrite-URL',
  'X-HTTP-Method-Override',
  'X-Method-Override',
  'X_Original_URL',
  'X-Envoy-Original-Path',
]
const paths = ['/health', '/xopc/', '/xopc/api/tunnel/pair/ping', '/']

const trusting = { trustedProxies: ['127.0.0.1', '::1'] }
const plain = await openHouse({ gateway: trusting })
const withApp = await openHouse({ app: true, gateway: trusting })

it.each(names)('%s opens nothing that is closed', async (name) => {
  for (const house of [plain, withApp]) {
    for (const door of [house.doors.local, house.doors.proxy]) {
      for (const path of paths) {
        const lines = [`${name}: ${path}`, 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: https']
        expect(await door.ask('GET /xopc/api/status', lines), path).toMatchObject({ status: 401, code: 'missing_token' })
        expect(await door.ask('GET /private', lines), path).toMatchObject({ status: house === withApp ? 401 : 404 })
      }
    }
  }
})

it.each(names)('%s does not change what is asked for, or how', async (name) => {
  for (const door of [withApp.doors.local, withApp.doors.proxy]) {
    const seen = await withApp.seenByApp(door, [`${name}: /xopc/api/gateway/stop`])
    expect(seen.url).toBe('/headers')
    expect((await door.ask('GET /health', [`${name}: /xopc/api/config`])).body).toContain('"status":"ok"')
    const method = await door.ask('GET /xopc/api/config', [withApp.bearer, `${name}: PATCH`])
    expect(method.status).toBe(200)
  }
})

it('is not told the app as the word of the gateway', async () => {
  const { headers } = await withApp.seenByApp(withApp.doors.local, [
    'X-Forwarded-Uri: /admin',
    'X-Forwarded-Prefix: /admin',
    'X-Forwarded-Method: POST',
    'X-Original-URL: /admin',
    'X-Original-Uri: /admin',
    'X_Original_Method: POST',
    'X-Rewrite-URL: /admin',
    'X-Envoy-Original-Path: /admin',
  ])
  expect(Object.values(headers).filter((each) => each === '/admin' || each === 'POST')).toEqual([])
  expect(Object.keys(headers).filter((each) => /^x-forwarded-(?!for$|proto$|host$)/.test(each))).toEqual([])
})
