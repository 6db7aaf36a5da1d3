import { describe, expect, it } from 'vitest'
import { readAssignments } from '../../../src/lib/config/assignments.ts'
import { jsonSchema } from '../../../src/lib/config/json-schema.ts'
import { configKeys } from '../../../src/lib/config/keys.ts'
import { editDistance, nearest } from '../../../src/lib/config/nearest.ts'
import { transition } from '../../../src/lib/config/reload.ts'
import { takeOf } from '../../../src/lib/config/reload-table.ts'
import { defaultConfig } from '../../../src/lib/config/schema.ts'
import { MASK, isUnchangedMask, maskSecrets, secretPaths } from '../../../src/lib/config/secrets.ts'
import { valueFromText } from '../../../src/lib/config/value-text.ts'

describe('the keys', () => {
  it('all have a meaning and a way to be taken up', () => {
    expect(configKeys.filter(({ description }) => !description.endsWith('.'))).toEqual([])
    expect(configKeys.filter(({ path }) => !['applied', 'rebound', 'restart needed'].includes(takeOf(path)))).toEqual([])
  })

  it('name every secret of the contract', () => {
    expect(secretPaths).toEqual([
      'gateway.auth.token',
      'gateway.auth.password',
      'gateway.auth.trustedProxy.sharedSecret',
      'gateway.agent.apiKey',
      'gateway.remote.token',
      'gateway.remote.password',
      'tunnel.registrationSecret',
    ])
  })

  it('are known to editors, each value also as a variable', () => {
    expect(jsonSchema()).toMatchObject({
      properties: {
        gateway: {
          additionalProperties: false,
          properties: {
            port: { default: 18790, anyOf: [{ type: 'integer' }, { type: 'string', pattern: expect.stringContaining('\\$') as string }] },
            auth: { properties: { token: { type: 'string', writeOnly: true } } },
          },
        },
      },
    })
  })
})

describe('masks', () => {
  it('hide secrets, whatever stands at unknown keys, and userinfo; not the name of a variable', () => {
    const file = {
      gateway: {
        auth: { token: 'geheim', tokne: 'geheim', password: '${PW}' },
        upstream: { url: 'http://me:geheim@app' },
        port: 1,
        bind: 'lan',
      },
    }
    expect(maskSecrets(file)).toEqual({
      gateway: { auth: { token: MASK, tokne: MASK, password: '${PW}' }, upstream: { url: 'http://***@app' }, port: 1, bind: 'lan' },
    })
    expect(MASK).toBe('•'.repeat(12))
  })

  it('sent back are no change', () => {
    expect(isUnchangedMask('gateway.auth.token', MASK, 'geheim')).toBe(true)
    expect(isUnchangedMask('gateway.upstream.url', 'http://***@app', 'http://me:geheim@app')).toBe(true)
    expect(isUnchangedMask('gateway.upstream.url', 'http://***@other', 'http://me:geheim@app')).toBe(false)
    expect(isUnchangedMask('gateway.bind', MASK, 'lan')).toBe(false)
  })
})

describe('valueFromText', () => {
  it.each([
    ['gateway.port', '18800', 18800],
    ['gateway.port', 'x', 'x'],
    ['gateway.auth.token', '1234567890123456', '1234567890123456'],
    ['gateway.auth.password', 'null', 'null'],
    ['gateway.bind', '"lan"', 'lan'],
    ['gateway.auth.allowTailscale', 'true', true],
    ['gateway.trustedProxies', '127.0.0.1, ::1', ['127.0.0.1', '::1']],
    ['gateway.trustedProxies', '["127.0.0.1"]', ['127.0.0.1']],
    ['gateway.trustedProxies', '', []],
    ['gateway.upstream', '{url: "http://a"}', { url: 'http://a' }],
    ['gateway.trustedProxies.0', '10', '10'],
    ['nothing', '5', '5'],
  ])('%s=%s', (path, text, value) => {
    expect(valueFromText(path, text)).toEqual(value)
  })
})

describe('readAssignments', () => {
  it('takes several, values with =, and one from stdin without its line end', () => {
    expect(readAssignments(['gateway.port=1', 'gateway.auth.token=a=b', 'gateway.auth.password'], 'p=w\n')).toEqual({
      edits: { 'gateway.port': 1, 'gateway.auth.token': 'a=b', 'gateway.auth.password': 'p=w' },
      exposed: ['gateway.auth.token'],
    })
  })

  it.each<[words: string[], stdin: string | null]>([
    [[], null],
    [['gateway.port'], null],
    [['gateway.port=1'], 'x'],
    [['gateway.port', 'gateway.bind'], 'x'],
  ])('refuses %j with stdin %j', (words, stdin) => {
    expect(() => readAssignments(words, stdin)).toThrow(expect.objectContaining({ code: 'CONFIG_ASSIGNMENT', exit: 2 }) as Error)
  })
})

describe('nearest', () => {
  it('counts insertions, removals, replacements and swaps', () => {
    expect([editDistance('port', 'port'), editDistance('prot', 'port'), editDistance('prt', 'port'), editDistance('pork', 'port')]).toEqual(
      [0, 1, 1, 1],
    )
  })

  it('finds nothing where nothing is close', () => {
    expect(nearest('zzzzzz', ['port', 'bind'])).toBeNull()
  })
})

describe('transition', () => {
  it('sorts changes and keeps what needs a restart', () => {
    const before = defaultConfig()
    const next = structuredClone(before)
    next.gateway.port = 1
    next.gateway.mode = 'remote'
    next.gateway.upstream = { url: 'http://a' }
    expect(transition(before, next)).toMatchObject({
      config: { gateway: { port: 1, mode: 'local', upstream: { url: 'http://a' } } },
      reload: { ok: true, applied: ['gateway.upstream.url'], rebound: ['gateway.port'], restartNeeded: ['gateway.mode'] },
    })
  })

  it('sees a key go', () => {
    const before = { ...defaultConfig(), tunnel: { ...defaultConfig().tunnel, subdomain: 'abcd' } }
    expect(transition(before, defaultConfig()).reload.applied).toEqual(['tunnel.subdomain'])
  })
})
