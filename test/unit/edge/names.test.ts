import { describe, expect, it } from 'vitest'
import { headerKind } from '../../../src/lib/gateway/edge/header-kinds.ts'
import { ownNames } from '../../../src/lib/gateway/edge/origin.ts'
import { placeOf } from '../../../src/lib/gateway/edge/paths.ts'
import { cutTicket } from '../../../src/lib/gateway/edge/ticket-url.ts'

describe('the names of a door', () => {
  it.each([
    ['local', ['127.0.0.1:18790', '[::1]:18790'], ['127.0.0.1:18790', '[::1]:18790', 'localhost:18790']],
    ['local', ['127.0.0.1:80'], ['127.0.0.1', 'localhost']],
    ['lan', ['192.168.1.5:18790', '[fd00::5]:18790'], ['192.168.1.5:18790', '[fd00::5]:18790', 'box.local:18790']],
    ['proxy', ['/run/xopc.sock'], []],
    ['control', ['/run/control.sock'], ['localhost']],
  ] as const)('%s at %j: %j', (ingress, addresses, hosts) => {
    const names = ownNames(ingress, addresses, 'Box.fritz.box')
    expect([...names.hosts]).toEqual(hosts)
    expect([...names.origins]).toEqual(ingress === 'control' ? [] : hosts.map((host) => `http://${host}`))
  })

  it('include publicUrl, with its scheme', () => {
    const names = ownNames('local', ['127.0.0.1:18790'], 'box', 'https://a.example')
    expect(names.hosts.has('a.example')).toBe(true)
    expect([names.origins.has('https://a.example'), names.origins.has('http://a.example')]).toEqual([true, false])
  })
})

describe('paths', () => {
  it.each([
    ['GET', '/health', 'health', 'health'],
    ['GET', '/api/health', 'app', 'health'],
    ['GET', '/xopc/api/health', 'health', 'health'],
    ['GET', '/', 'app', '/xopc/'],
    ['GET', '/?a=1', 'app', '/xopc/?a=1'],
    ['GET', '/xopc', '/xopc/', '/xopc/'],
    ['GET', '/xopc/pair', '/xopc/pair', '/xopc/pair'],
    ['GET', '/xopc/api/status?x', '/api/status?x', '/api/status?x'],
    ['GET', '/api/status', 'app', '/api/status'],
    ['GET', '/api/tunnel/pair/ping', '/api/tunnel/pair/ping', '/api/tunnel/pair/ping'],
    ['POST', '/api/gateway-identity/challenge', '/api/gateway-identity/challenge', '/api/gateway-identity/challenge'],
    ['POST', '/api/tunnel/exchange-token', '/api/tunnel/exchange-token', '/api/tunnel/exchange-token'],
    ['POST', '/api/tunnel/start', 'app', '/api/tunnel/start'],
    ['GET', '/xopcx', 'app', '/xopcx'],
    ['GET', '/%78opc/api/status', 'app', '/%78opc/api/status'],
    ['GET', '//xopc/api/status', 'app', '//xopc/api/status'],
    ['GET', '/healthz', 'app', '/healthz'],
  ])('%s %s with an app: %s, without: %s', (method, target, withApp, without) => {
    const shown = (hasUpstream: boolean) => {
      const place = placeOf(method, target, hasUpstream)
      return place.to === 'control' ? place.url : place.to
    }
    expect([shown(true), shown(false)]).toEqual([withApp, without])
  })
})

describe('tickets in a URL', () => {
  it.each([
    ['/events?ticket=xopc_tk_a', '/events', 'xopc_tk_a'],
    ['/events?a=1&ticket=xopc_tk_a&b=2', '/events?a=1&b=2', 'xopc_tk_a'],
    ['/events?ticket=xopc_tk_a&ticket=xopc_tk_b', '/events', 'xopc_tk_a'],
    ['/events?ticket=of-the-app', '/events?ticket=of-the-app', null],
    ['/events?q=xopc_tk_a', '/events?q=xopc_tk_a', null],
    ['/xopc_tk_a', '/xopc_tk_a', null],
  ])('%s', (url, target, ticket) => {
    expect(cutTicket(url)).toEqual({ target, ticket })
  })
})

describe('header names', () => {
  it.each([
    ['X-Xopc-User', 'dropped'],
    ['X_Xopc_User', 'dropped'],
    ['x.xopc.user', 'dropped'],
    ['Remote-User', 'dropped'],
    ['REMOTE_USER', 'dropped'],
    ['X-WebAuth-User', 'dropped'],
    ['X-Auth-Request-Email', 'dropped'],
    ['Cf-Access-Jwt-Assertion', 'dropped'],
    ['Tailscale-User-Login', 'dropped'],
    ['Tailscale_User_Login', 'dropped'],
    ['X-Real-IP', 'dropped'],
    ['X-Original-URL', 'dropped'],
    ['X-Forwarded-User', 'forwarded-other'],
    ['X-Forwarded-Uri', 'forwarded-other'],
    ['X_Forwarded_For', 'forwarded-other'],
    ['Content_Length', 'dropped'],
    ['Transfer_Encoding', 'dropped'],
    ['Proxy-Authorization', 'dropped'],
    ['Trailer', 'dropped'],
    ['TE', 'dropped'],
    ['Accept', 'plain'],
    ['X-Custom', 'plain'],
    ['Sec-WebSocket-Key', 'plain'],
  ])('%s is %s', (name, kind) => {
    expect(headerKind(name)).toBe(kind)
  })
})
