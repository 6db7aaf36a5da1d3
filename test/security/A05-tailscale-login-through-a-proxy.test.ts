import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, type Door, type House, openHouse, PROXY_SECRET, proxied } from './doors.ts'
import { caddyStripping, nginxForwarding, proxyPeers, startCaddy, startNginx } from './proxies.ts'
import { identityClaims, LOGIN } from './claims.ts'

// A proxy on this computer passes on what strangers write, and it comes from loopback.

needsPeer(proxyPeers, 'identity headers of Tailscale through a proxy of one’s own', (nginx, caddy, caddyNew) => {
  const ways: Record<string, [House, Door]> = {}
  const proven: Record<string, Door> = {}
  beforeAll(async () => {
    const { port } = (await openHouse({ bare: true, app: true, gateway: proxied })).gateway
    const caddyProof = [`header_up X-Xopc-Proxy-Secret ${PROXY_SECRET}`, 'header_up -X-Forwarded-User']
    proven['nginx'] = await startNginx(nginx, port, [
      `proxy_set_header X-Xopc-Proxy-Secret ${PROXY_SECRET};`,
      'proxy_set_header X-Forwarded-User "";',
    ])
    proven['Caddy 2.6'] = await startCaddy(caddy, port, caddyProof)
    proven['Caddy 2.11'] = await startCaddy(caddyNew, port, caddyProof)
    const unlisted = await openHouse({ bare: true, app: true })
    const listed = await openHouse({
      bare: true,
      app: true,
      gateway: { auth: authModes.password, trustedProxies: ['127.0.0.1'] },
    })
    for (const [title, house] of [
      ['unlisted', unlisted],
      ['listed', listed],
    ] as const) {
      const { port } = house.gateway
      ways[`nginx as it comes, ${title}`] = [house, await startNginx(nginx, port)]
      ways[`nginx with forwarding, ${title}`] = [house, await startNginx(nginx, port, nginxForwarding)]
      for (const [version, program] of [
        ['2.6', caddy],
        ['2.11', caddyNew],
      ] as const) {
        ways[`Caddy ${version} as it comes, ${title}`] = [house, await startCaddy(program, port)]
        ways[`Caddy ${version} that strips, ${title}`] = [house, await startCaddy(program, port, caddyStripping)]
      }
    }
  })

  it.each(
    [
      'nginx as it comes',
      'nginx with forwarding',
      'Caddy 2.6 as it comes',
      'Caddy 2.6 that strips',
      'Caddy 2.11 as it comes',
      'Caddy 2.11 that strips',
    ].flatMap((name) => [`${name}, unlisted`, `${name}, listed`]),
  )('%s: nobody is let in, and the app hears of nobody', async (title) => {
    const [house, door] = ways[title]!
    const bearer = title.endsWith('unlisted') ? house.bearer : `Authorization: Bearer ${authModes.password.password}`
    for (const lines of identityClaims) {
      expect((await door.ask('GET /headers', lines)).status, lines.join()).toBe(401)
      expect((await door.ask('GET /xopc/api/status', lines)).status, lines.join()).toBe(401)
      expect((await door.shake('/ws', lines)).status, lines.join()).not.toBe(101)
      const signIn = await door.ask('POST /xopc/api/session', ['Content-Type: application/json', ...lines], { body: '{}' })
      expect(signIn.headers).not.toHaveProperty('set-cookie')
      const { headers } = await house.seenByApp(door, lines, { bearer })
      expect(headers['x-xopc-user']).toBe('owner')
      expect(Object.entries(headers).filter(([name, value]) => name.startsWith('tailscale') || value.includes(LOGIN))).toEqual([])
    }
  })

  it.each(['nginx', 'Caddy 2.6', 'Caddy 2.11'])('%s, proven, that signs nobody in: nobody is let in', async (name) => {
    for (const lines of identityClaims) {
      const named = { host: 'localhost:18790' }
      expect(await proven[name]!.ask('GET /headers', lines, named), lines.join()).toMatchObject({
        status: 401,
        code: 'invalid_proxy_credentials',
      })
    }
  })
})
