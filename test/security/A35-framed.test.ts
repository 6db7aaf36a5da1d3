import { expect, it } from 'vitest'
import { openHouse } from './doors.ts'

// A page that shows ours in an invisible frame gets the owner to click in it.

const house = await openHouse({})
const withApp = await openHouse({ app: true })
const pages = ['/xopc/', '/xopc/nowhere', '/xopc/api/status', '/health']

it.each(pages)('%s cannot be framed', async (path) => {
  for (const each of [house, withApp]) {
    for (const name of ['local', 'proxy'] as const) {
      for (const credential of [[], [each.bearer]]) {
        const { headers } = await each.doors[name].ask(`GET ${path}`, credential)
        expect(headers['content-security-policy'], `${name} ${path}`).toMatch(/(^|; )frame-ancestors 'none'(;|$)/)
        expect(headers['x-frame-options']).toBe('DENY')
      }
    }
  }
})

it('/ without an app cannot be framed, and its scripts come from here alone', async () => {
  const { headers, body } = await house.doors.local.ask('GET /', ['Accept: text/html'])
  const policy = headers['content-security-policy'] ?? ''
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
  expect(body).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|<style|style=/i)
})

it('what the app says of itself passes untouched', async () => {
  const { headers } = await withApp.doors.local.ask(
    'GET /status/200?set=X-Frame-Options:SAMEORIGIN&set=Content-Security-Policy:frame-ancestors',
    [withApp.bearer],
  )
  expect(headers['x-frame-options']).toBe('SAMEORIGIN')
})
