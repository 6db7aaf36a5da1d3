import { describe, expect, it } from 'vitest'
import { judge } from '../../../src/lib/config/judge.ts'
import { configInvalid, problemsOf } from '../../../src/lib/config/problems.ts'

const here = { env: {}, overrides: {}, ownHosts: [] }

/** `line:column code path` of each problem. */
function places(text: string, around: Partial<Parameters<typeof judge>[1]> = {}): string[] {
  return judge(text, { ...here, ...around }).problems.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`)
}

describe('problems', () => {
  it.each<[name: string, text: string, expected: string[]]>([
    ['an empty file', '', ['1:1 CONFIG_SYNTAX ']],
    ['a half-written file', '{\n  gateway: {\n    port: ', ['3:11 CONFIG_SYNTAX ']],
    ['a typing error', '{\n  gateway: { port 5 }\n}', ['2:19 CONFIG_SYNTAX ']],
    ['a list', '[]', ['1:1 CONFIG_SYNTAX ']],
    ['an unknown key', '{\n  gateway: {\n    prot: 1,\n  },\n}', ['3:5 CONFIG_UNKNOWN_KEY gateway.prot']],
    [
      'several, in the order of the file',
      '{\n  tunel: {},\n  gateway: { port: "x", auth: { token: 5 } },\n}',
      ['2:3 CONFIG_UNKNOWN_KEY tunel', '3:14 CONFIG_WRONG_TYPE gateway.port', '3:33 CONFIG_WRONG_TYPE gateway.auth.token'],
    ],
    [
      'a place in a list',
      '{ gateway: { trustedProxies: [\n  "127.0.0.1",\n  "x",\n] } }',
      ['3:3 PROXY_ADDRESS_INVALID gateway.trustedProxies.1'],
    ],
    ['a missing key at its parent', '{\n  gateway: {\n    upstream: {},\n  },\n}', ['3:5 CONFIG_WRONG_TYPE gateway.upstream.url']],
    ['a key that stands twice', '{\n  gateway: {},\n  gateway: {},\n}', ['3:3 CONFIG_DUPLICATE_KEY gateway']],
    ['a missing variable, told once', '{ gateway: { upstream: { url: "${NOPE}" } } }', ['1:26 CONFIG_ENV_NOT_SET gateway.upstream.url']],
    ['__proto__ as a key like any other', '{ __proto__: { gateway: 5 } }', ['1:3 CONFIG_UNKNOWN_KEY __proto__']],
    ['a number where an object belongs', '{ gateway: 5 }', ['1:3 CONFIG_WRONG_TYPE gateway']],
  ])('%s', (_name, text, expected) => {
    expect(places(text)).toEqual(expected)
  })

  it('of a flag or variable have no place in the file, but a name', () => {
    const { problems } = judge('{\n  gateway: { port: 1 },\n}', { ...here, overrides: { port: 99_999 } })
    expect(problems).toMatchObject([{ line: null, path: 'gateway.port', message: expect.stringContaining('--port') as string }])
  })

  it.each([
    ['gateway.prot', 'gateway.port'],
    ['gateway.tokne', 'gateway.auth.token'],
    ['gateway.auth.tokne', 'gateway.auth.token'],
    ['gateway.PublicURL', 'gateway.publicUrl'],
    ['gatway', 'gateway'],
    ['tunnel.subdomian', 'tunnel.subdomain'],
    ['port', 'gateway.port'],
    ['upstream', 'gateway.upstream'],
  ])('of %s name %s', (wrong, right) => {
    const text = wrong.split('.').reduceRight((inner, key) => `{ ${key}: ${inner} }`, '1')
    expect(judge(text, here).problems[0]?.message).toContain(`Did you mean ${right}?`)
  })

  it('never repeat a value, which may be a secret in the wrong place', () => {
    const { problems } = judge('{ gateway: { port: "geheim-geheim", auth: "geheim-geheim", bind: "geheim-geheim" } }', here)
    expect(problems).toHaveLength(3)
    expect(JSON.stringify(problems)).not.toContain('geheim')
  })

  it('hold nothing that a terminal would obey', () => {
    const { problems } = judge('{ "gate\\u001b[2Jway\\u202e": 1 }', here)
    expect(problems[0]?.message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('come whole with CONFIG_INVALID, which says how many', () => {
    const { problems } = judge('{ gateway: { prot: 1, port: "x" } }', here)
    const error = configInvalid('/etc/xopc.json', problems)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 3 })
    expect(problemsOf(error)).toEqual(problems)
    expect(error.message).toBe('/etc/xopc.json cannot be used: 2 problems.')
    expect(configInvalid('/etc/xopc.json', problems.slice(0, 1)).message).toContain('gateway.prot')
    expect(problemsOf(new Error('other'))).toEqual([])
  })

  it('of a very deep file are one sentence', () => {
    expect(places('['.repeat(200_000))).toHaveLength(1)
    expect(places(`{ gateway: ${'['.repeat(20_000)}${']'.repeat(20_000)} }`)).toHaveLength(1)
  })
})
