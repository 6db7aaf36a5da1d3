import { describe, expect, it } from 'vitest'
import { type House, signedIn, startHouse } from '../../integration/control/house.ts'

const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`

/** The page's script and stylesheet, as the document names them. */
async function assets(house: House): Promise<[script: string, style: string]> {
  const { text } = await house.ask('GET', '/')
  const [script = '', style = ''] = ['js', 'css'].map((end) => new RegExp(`"(/xopc/assets/[^"]+[.]${end})"`).exec(text)?.[1])
  return [script, style]
}

describe('the page', () => {
  it.each(['/', '/xopc/', '/xopc'])('at %s is the sign-in page', async (path) => {
    const house = await startHouse()
    const reply = await house.ask('GET', path)
    expect(reply.status).toBe(200)
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(reply.text).toContain('<body data-view="token" data-face="gateway" data-who="anonymous" data-upstream="no">')
  })

  it('is the overview for who is signed in here', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    const view = async (headers: Record<string, string>) => (await house.ask('GET', '/', { headers })).text
    expect(await view({ cookie })).toContain('data-view="overview" data-face="gateway" data-who="session"')
    expect(await view({ cookie, host: 'evil.example' })).toContain('data-view="token"')
  })

  it('A35: cannot be framed and runs nothing inline', async () => {
    const house = await startHouse()
    for (const path of ['/', '/xopc/pair', '/xopc/errors.html']) {
      const { headers, text } = await house.ask('GET', path)
      expect(headers['content-security-policy']).toBe(policy)
      expect(headers['x-frame-options']).toBe('DENY')
      expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/)
    }
  })

  it('asks for the password in password mode', async () => {
    const house = await startHouse({ auth: { mode: 'password', password: 'correct horse battery', token: undefined } })
    expect((await house.ask('GET', '/')).text).toContain('data-view="password"')
  })

  it('shows no secret, signed in or not', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    for (const path of ['/', '/xopc/pair', ...(await assets(house))]) {
      expect((await house.ask('GET', path, { headers: { cookie } })).text).not.toContain(house.token)
    }
  })

  it('A30: is there under an unknown name, with its files, and nothing else is', async () => {
    const house = await startHouse()
    const headers = { host: 'evil.example' }
    const files = ['/xopc/icon.svg', '/xopc/icon-192.png', '/xopc/manifest.webmanifest', '/xopc/errors.html', ...(await assets(house))]
    for (const path of ['/', '/xopc/pair', ...files, '/health', '/api/tunnel/pair/ping']) {
      expect([path, (await house.ask('GET', path, { headers })).status]).toEqual([path, 200])
    }
    for (const path of ['/api/status', '/api/overview', '/api/events', '/api/config/schema', '/metrics', '/api/openapi.json']) {
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

  it('says, where a pairing link leads, which key the gateway has', async () => {
    const house = await startHouse()
    const { text } = await house.ask('GET', '/xopc/pair')
    expect(text).toMatch(/data-view="pair" .*data-fingerprint="SHA256:key-1">/)
  })

  it('is not given to a service worker', async () => {
    const house = await startHouse()
    for (const path of await assets(house)) {
      expect((await house.ask('GET', path, { headers: { 'service-worker': 'script' } })).status).toBe(403)
    }
  })
})

describe('its files', () => {
  it('are a script that keeps secrets out of localStorage, cookies and markup', async () => {
    const house = await startHouse()
    const [script] = await assets(house)
    const { headers, text } = await house.ask('GET', script)
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(text).not.toMatch(/document\.cookie|eval\(|new Function/)
    expect([...text.matchAll(/localStorage\.\w+\(([^)]*)\)/g)].length).toBe(3)
  })

  it('are a stylesheet for both themes', async () => {
    const house = await startHouse()
    const [, style] = await assets(house)
    const { headers, text } = await house.ask('GET', style)
    expect(headers['content-type']).toBe('text/css; charset=utf-8')
    expect(text).toContain('prefers-color-scheme:dark')
  })

  it('are asked for once where their name tells of their content, and otherwise only when they changed', async () => {
    const house = await startHouse()
    for (const path of await assets(house)) {
      const { headers } = await house.ask('GET', path, { headers: { 'accept-encoding': 'br, gzip' } })
      expect(headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', 'content-encoding': 'gzip' })
    }
    const { headers } = await house.ask('GET', '/xopc/icon.svg')
    expect(headers['cache-control']).toBe('no-cache')
    const again = await house.ask('GET', '/xopc/icon.svg', { headers: { 'if-none-match': String(headers['etag']) } })
    expect([again.status, again.text]).toEqual([304, ''])
    expect((await house.ask('GET', '/')).headers['cache-control']).toBe('no-store')
  })

  it('are less than 60 KB on the way', async () => {
    const house = await startHouse()
    const paths = ['/', ...(await assets(house))]
    const sizes = await Promise.all(
      paths.map(async (path) =>
        Number((await house.ask('GET', path, { headers: { 'accept-encoding': 'gzip' } })).headers['content-length']),
      ),
    )
    expect(Math.max(...sizes)).toBeGreaterThan(10_000)
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(60_000)
  })

  it('are those of the build and nothing beside them', async () => {
    const house = await startHouse()
    for (const path of ['/xopc/index.html', '/xopc/assets/', '/xopc/../package.json', '/xopc/assets/..%2findex.html', '/xopc/main.js']) {
      expect([path, (await house.ask('GET', path)).status]).toEqual([path, 404])
    }
  })
})
