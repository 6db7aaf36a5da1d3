import { describe, expect, it } from 'vitest'
import { inferAuthMode, isReference, mergeSources } from '../../../src/lib/config/environment.ts'
import { judge } from '../../../src/lib/config/judge.ts'

describe('mergeSources', () => {
  it('fills in whole values, as the type of their key', () => {
    const file = { gateway: { port: '${PORT}', auth: { token: '${TOKEN}' }, trustedProxies: ['${PROXY}'], corsOrigins: ['a${TOKEN}b'] } }
    const { values } = mergeSources(file, { PORT: '123', TOKEN: '456', PROXY: '127.0.0.1' }, {})
    expect(values).toEqual({ gateway: { port: 123, auth: { token: '456' }, trustedProxies: ['127.0.0.1'], corsOrigins: ['a${TOKEN}b'] } })
  })

  it('lets the environment win over the file, and flags over both', () => {
    const env = { XOPC_GATEWAY_TOKEN: 'from-env', XOPC_GATEWAY_PASSWORD: '', XOPC_TUNNEL_BROKER_URL: 'http://127.0.0.1:7100/api' }
    const { values, origins } = mergeSources({ gateway: { auth: { token: 'from-file', password: 'p' } } }, env, {
      token: 'from-flag',
      port: 0,
    })
    expect(values).toEqual({
      gateway: { auth: { token: 'from-flag', password: 'p' }, port: 0 },
      tunnel: { brokerUrl: 'http://127.0.0.1:7100/api' },
    })
    expect(Object.fromEntries(origins)).toEqual({
      'gateway.auth.token': '--token',
      'gateway.port': '--port',
      'tunnel.brokerUrl': 'XOPC_TUNNEL_BROKER_URL',
    })
  })

  it('does not miss a variable where something else wins', () => {
    expect(mergeSources({ gateway: { port: '${NOPE}' } }, {}, { port: 1 }).problems).toEqual([])
    expect(mergeSources({ gateway: { port: '${NOPE}' } }, { NOPE: '' }, {}).problems).toHaveLength(1)
  })

  it('takes a key called __proto__ as a key like any other', () => {
    const { values } = mergeSources(JSON.parse('{"__proto__": {"polluted": "${X}"}}') as Record<string, unknown>, { X: '1' }, {})
    expect(Object.keys(values)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('leaves a broken parent for the schema to refuse', () => {
    expect(judge('{ gateway: 5 }', { env: {}, overrides: {}, ownHosts: [] }).config).toBeNull()
  })
})

it('inferAuthMode takes a password alone for the password mode, and a written mode as it is', () => {
  expect(inferAuthMode({ gateway: { auth: { password: 'p' } } })).toMatchObject({ gateway: { auth: { mode: 'password' } } })
  expect(inferAuthMode({ gateway: { auth: { password: 'p', mode: 'none' } } })).toMatchObject({ gateway: { auth: { mode: 'none' } } })
  expect(inferAuthMode({ gateway: { auth: { password: 'p', token: 't' } } })).not.toMatchObject({ gateway: { auth: { mode: 'password' } } })
})

it('isReference takes the whole text only', () => {
  expect(['${A}', '${_b1}', '${A} ', 'x${A}', '${}', '${1}', '$A', 5].map(isReference)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
  ])
})
