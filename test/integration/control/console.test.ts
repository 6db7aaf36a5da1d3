import { describe, expect, it } from 'vitest'
import { signedIn, startHouse } from './house.ts'

const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`

describe('the page', () => {
  it.each(['/', '/xopc/', '/xopc'])('at %s is the sign-in page', async (path) => {
    const house = await startHouse()
    const reply = await house.ask('GET', path)
    expect(reply.status).toBe(200)
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(reply.text).toContain('autocomplete="current-password"')
    expect(reply.text).toContain('<label for="secret">Gateway token</label>')
  })

  it('is the overview, without a form, for who is signed in here', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    const view = async (headers: Record<string, string>) => (await house.ask('GET', '/', { headers })).text
    expect(await view({ cookie })).toMatch(/^(?!.*<form).*id="overview"/s)
    expect(await view({ cookie, host: 'evil.example' })).toMatch(/^(?!.*id="overview").*<form/s)
  })

  it('A35: cannot be framed and runs nothing inline', async () => {
    const house = await startHouse()
    const { headers, text } = await house.ask('GET', '/')
    expect(headers['content-security-policy']).toBe(policy)
    expect(headers['x-frame-options']).toBe('DENY')
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/)
  })

  it('asks for the password in password mode', async () => {
    const house = await startHouse({ auth: { mode: 'password', password: 'correct horse battery', token: undefined } })
    const { text } = await house.ask('GET', '/')
    expect(text).toContain('<label for="secret">Password</label>')
    expect(text).toContain('data-mode="password"')
  })

  it('shows no secret, signed in or not', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    for (const path of ['/', '/xopc/console.js', '/xopc/console.css']) {
      expect((await house.ask('GET', path, { headers: { cookie } })).text).not.toContain(house.token)
    }
  })

  it('A30: is there under an unknown name, with its files, and nothing else is', async () => {
    const house = await startHouse()
    const headers = { host: 'evil.example' }
    for (const path of ['/', '/xopc/console.js', '/xopc/console.css', '/xopc/icon.svg', '/health', '/api/tunnel/pair/ping']) {
      expect([path, (await house.ask('GET', path, { headers })).status]).toEqual([path, 200])
    }
    for (const path of ['/api/status', '/api/overview', '/api/events', '/metrics', '/api/openapi.json']) {
      const reply = await house.ask('GET', path, { headers })
      expect([path, reply.status, reply.json()['code']]).toEqual([path, 421, 'UNKNOWN_HOST'])
    }
  })

  it('explains, with an app behind the gateway, that browsers sign in by a code, and has no script', async () => {
    const house = await startHouse({ upstream: { url: 'http://127.0.0.1:9' } })
    const { status, text } = await house.ask('GET', '/xopc/')
    expect(status).toBe(200)
    expect(text).toContain('pairing code')
    expect(text).not.toMatch(/<script|<input|<form/)
  })

  it('is not given to a service worker', async () => {
    const house = await startHouse()
    expect((await house.ask('GET', '/xopc/console.js', { headers: { 'service-worker': 'script' } })).status).toBe(403)
  })
})

describe('its files', () => {
  it('are a script that keeps the key in sessionStorage only and writes no markup', async () => {
    const house = await startHouse()
    const { headers, text } = await house.ask('GET', '/xopc/console.js')
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(text).not.toMatch(/localStorage|innerHTML|document\.cookie|location\.(search|hash)/)
  })

  it('are a stylesheet for both themes', async () => {
    const house = await startHouse()
    const { headers, text } = await house.ask('GET', '/xopc/console.css')
    expect(headers['content-type']).toBe('text/css; charset=utf-8')
    expect(text).toContain('prefers-color-scheme: dark')
  })
})
