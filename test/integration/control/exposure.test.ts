import { describe, expect, it } from 'vitest'
import { startHouse } from './house.ts'

describe('the older names of exposures', () => {
  it.each([
    [{ mode: 'funnel' }, 'enable tailscale {"mode":"funnel"}'],
    [{}, 'enable tailscale {"mode":"serve"}'],
    [undefined, 'enable tailscale {"mode":"serve"}'],
  ])('start with %j switches Tailscale on', async (body, call) => {
    const house = await startHouse()
    const reply = await house.ask('POST', '/api/exposure/tailscale/start', { by: 'socket', ...(body === undefined ? {} : { body }) })
    expect([reply.status, reply.json()['phase'], house.xopc.calls]).toEqual([202, 'starting', [call]])
  })

  it('stop switches it off', async () => {
    const house = await startHouse()
    const reply = await house.ask('POST', '/api/exposure/tailscale/stop', { by: 'socket' })
    expect([reply.status, reply.json(), house.xopc.calls]).toEqual([200, { phase: 'off' }, ['disable tailscale {}']])
  })

  it.each([
    ['POST', '/api/exposure/tailscale/start', { mode: 'wide' }, 400],
    ['POST', '/api/exposure/tailscale/start', { port: 1 }, 400],
    ['GET', '/api/exposure/tailscale/start', undefined, 405],
  ])('%s %s %j is %i', async (method, path, body, status) => {
    const house = await startHouse()
    expect((await house.ask(method, path, { by: 'socket', ...(body === undefined ? {} : { body }) })).status).toBe(status)
    expect(house.xopc.calls).toEqual([])
  })

  it('status tells both in short', async () => {
    const house = await startHouse()
    const reply = await house.ask('GET', '/api/exposure/status', { by: 'socket' })
    expect(reply.json()).toEqual({
      tailscale: { mode: 'off', running: false, url: null, state: { phase: 'off' } },
      tunnel: { enabled: false, running: false, url: null },
    })
  })
})
