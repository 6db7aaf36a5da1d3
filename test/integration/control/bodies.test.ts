import { describe, expect, it } from 'vitest'
import fastify from 'fastify'
import { startHouse } from './house.ts'

const json = { 'content-type': 'application/json' }

describe('a body', () => {
  it.each<[title: string, headers: Record<string, string>, text: string, status: number, code: string]>([
    ['A33: as text', { 'content-type': 'text/plain' }, '{}', 415, 'BODY_NOT_JSON'],
    ['A33: as a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'address=1', 415, 'BODY_NOT_JSON'],
    ['A33: as a multipart form', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--', 415, 'BODY_NOT_JSON'],
    ['A33: as text that mentions JSON', { 'content-type': 'text/plain; application/json' }, '{}', 415, 'BODY_NOT_JSON'],
    ['A33: as an empty form', { 'content-type': 'text/plain' }, '', 415, 'BODY_NOT_JSON'],
    ['without a type', {}, '{}', 415, 'BODY_NOT_JSON'],
    ['that is no JSON', json, '{"address":', 400, 'BODY_INVALID'],
    ['that is another JSON value', json, '[]', 400, 'BODY_INVALID'],
    ['with an unknown field', json, '{"addres":"192.168.1.5"}', 400, 'BODY_INVALID'],
    ['with a value of another kind', json, '{"address":7}', 400, 'BODY_INVALID'],
    ['that reaches for the prototype', json, '{"__proto__":{"address":"192.168.1.5"}}', 400, 'BODY_INVALID'],
    ['of more than 1 MiB', json, JSON.stringify({ address: 'x'.repeat(1024 * 1024) }), 413, 'BODY_TOO_LARGE'],
  ])('%s is refused', async (_title, headers, text, status, code) => {
    const house = await startHouse()
    const reply = await house.ask('POST', '/api/access/lan/enable', {
      text,
      headers: { ...headers, authorization: `Bearer ${house.token}` },
    })
    expect([reply.status, reply.json()['code']]).toEqual([status, code])
    expect(Object.keys(reply.json()).toSorted()).toEqual(['code', 'docs', 'error', 'hint'])
    expect(house.xopc.calls).toEqual([])
  })

  it.each([
    ['nothing', {}, undefined, {}],
    ['an empty body with its type', json, '', {}],
    ['JSON with a charset', { 'content-type': 'application/json; charset=utf-8' }, '{"address":"192.168.1.5"}', { address: '192.168.1.5' }],
  ])('%s is taken', async (_title, headers, text, options) => {
    const house = await startHouse()
    const given = { headers: { ...headers, authorization: `Bearer ${house.token}` }, ...(text === undefined ? {} : { text }) }
    expect((await house.ask('POST', '/api/access/lan/enable', given)).status).toBe(202)
    expect(house.xopc.calls).toEqual([`enable lan ${JSON.stringify(options)}`])
  })

  it('is not read before the credential was looked at', async () => {
    const house = await startHouse()
    const reply = await house.ask('POST', '/api/access/lan/enable', { text: '{"address":', headers: json })
    expect([reply.status, reply.json()['code']]).toEqual([401, 'missing_token'])
  })
})

describe('a query', () => {
  it.each([
    ['?lines=0', 400],
    ['?lines=99999', 400],
    ['?lines=two', 400],
    ['?line=2', 400],
    ['?lines=2', 200],
    ['', 200],
  ])('of /api/logs: %s → %i', async (query, status) => {
    const house = await startHouse()
    expect((await house.ask('GET', `/api/logs${query}`, { by: 'socket' })).status).toBe(status)
  })

  it('?wait=1 reaches the method', async () => {
    const house = await startHouse()
    await house.ask('POST', '/api/access/lan/enable?wait=1', { by: 'socket' })
    expect(house.xopc.calls).toEqual(['enable lan {"wait":true}'])
  })
})

describe('a path', () => {
  it.each([
    ['GET', '/api/access/pigeon/diagnose', 404, 'UNKNOWN_METHOD'],
    ['GET', '/api/nothing', 404, 'NOT_FOUND'],
    ['GET', '/xopc/api/nothing', 404, 'NOT_FOUND'],
    ['DELETE', '/api/status', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/api/%zz', 400, 'BODY_INVALID'],
  ])('%s %s → %i %s', async (method, path, status, code) => {
    const house = await startHouse()
    const reply = await house.ask(method, path, { by: 'socket' })
    expect([reply.status, reply.json()['code']]).toEqual([status, code])
  })

  it('is the same with and without the prefix where there is no app', async () => {
    const house = await startHouse()
    const [short, long] = await Promise.all(['/api/status', '/xopc/api/status'].map((path) => house.ask('GET', path, { by: 'socket' })))
    expect(short?.text).toBe(long?.text)
  })
})

it('a route that does not declare its scope refuses to register', async () => {
  const { denyByDefault } = await import('../../../src/lib/gateway/control/app.ts')
  const app = fastify()
  denyByDefault(app)
  expect(() => app.get('/api/secret', () => 'told')).toThrow('does not declare its scope')
})

it('an error that nobody foresaw shows nothing of itself', async () => {
  const house = await startHouse()
  house.xopc.status = () => Promise.reject(new Error('the secret is 12345'))
  const reply = await house.ask('GET', '/api/status', { by: 'socket' })
  expect([reply.status, reply.json()['code']]).toEqual([500, 'INTERNAL'])
  expect(reply.text).not.toContain('12345')
})
