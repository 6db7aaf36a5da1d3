import { describe, expect, it } from 'vitest'
import { ask, startApp, startEdge, TOKEN } from './support.ts'

const app = await startApp()
const edge = await startEdge({ upstream: { url: app.url } })

interface Seen {
  method: string
  url: string
  headers: [string, string][]
  trailers: [string, string][]
}

async function seen(path: string, options: Parameters<typeof ask>[2]): Promise<Map<string, string>> {
  const { body, status } = await ask(edge.port, path, options)
  expect(status).toBe(200)
  const { headers } = JSON.parse(body) as Seen
  return new Map(headers.map(([name, value]) => [name.toLowerCase(), value]))
}

describe('the way to the app', () => {
  it('passes a request and its answer', async () => {
    const reply = await ask(edge.port, '/')
    expect(reply).toMatchObject({ status: 200, body: 'hello from the app' })
  })

  it('says who asks, by which name and from where, and keeps the credential to itself', async () => {
    const headers = await seen('/headers', { headers: { 'X-Own': 'kept' } })
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-own': 'kept',
      'x-xopc-user': 'owner',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${edge.port}`,
      host: new URL(app.url).host,
    })
    expect([...headers.values()].join()).not.toContain(TOKEN)
  })
})
