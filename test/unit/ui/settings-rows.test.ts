import { describe, expect, it } from 'vitest'
import { formSchema } from '../../../src/lib/config/form-schema.ts'
import { jsonSchema } from '../../../src/lib/config/json-schema.ts'
import { configKeys } from '../../../src/lib/config/keys.ts'
import { fieldText, settingGroups, typedValue } from '../../../src/ui/settings-rows.ts'

const rows = (schema: Record<string, unknown>, config = {}) => settingGroups(schema, { config, origins: {} }).flatMap((group) => group.rows)

describe('settings as rows', () => {
  it('are all keys of the configuration, but for those that only commands read', () => {
    const ofCommands = (path: string) => path === 'gateway.mode' || path.startsWith('gateway.remote.')
    const own = configKeys.filter(({ path, type }) => type !== 'object' && path !== '$schema' && !ofCommands(path))
    const wanted = own.map(({ path }) => path)
    expect(
      rows(formSchema())
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(wanted.toSorted())
  })

  it('say how a change is taken, what wins, and what is secret', () => {
    const all = rows(formSchema())
    const at = (path: string) => all.find((row) => row.path === path)
    expect(at('gateway.port')).toMatchObject({ take: 'rebound', field: { kind: 'number' }, byDefault: 18790 })
    expect(at('gateway.auth.token')).toMatchObject({ secret: true, env: 'XOPC_GATEWAY_TOKEN' })
    expect(at('gateway.auth.mode')).toMatchObject({ field: { kind: 'choice', choices: ['token', 'password', 'trusted-proxy', 'none'] } })
    expect(at('gateway.trustedProxies')).toMatchObject({ field: { kind: 'list' } })
  })

  it('say what they wait for, where they do nothing yet', () => {
    const later = rows(formSchema()).filter((row) => row.later !== null)
    const waiting = (start: string) => later.some(({ path }) => path.startsWith(start))
    expect(['gateway.auth.trustedProxy.jwt.'].filter((start) => !waiting(start))).toEqual([])
    expect(['gateway.port', 'gateway.auth.mode', 'gateway.auth.trustedProxy.userHeader'].filter(waiting)).toEqual([])
  })

  it('gain one with a key that is added to the schema', () => {
    const schema = structuredClone(jsonSchema()) as { properties: { gateway: { properties: Record<string, unknown> } } }
    schema.properties.gateway.properties['lantern'] = { type: 'boolean', description: 'Whether it shines.', default: true }
    const found = rows(formSchema(schema), { gateway: { lantern: false } }).find(({ path }) => path === 'gateway.lantern')
    expect(found).toMatchObject({ name: 'lantern', about: 'Whether it shines.', value: false, byDefault: true, take: 'applied' })
  })
})

describe('what is typed', () => {
  it.each([
    [{ kind: 'number' }, '80', 80],
    [{ kind: 'number' }, '', null],
    // What is no number goes on as it is: the gateway says what is wrong with it.
    [{ kind: 'number' }, 'abc', 'abc'],
    [{ kind: 'number' }, '1e999', '1e999'],
    [{ kind: 'number' }, ' ', null],
    [{ kind: 'number' }, '${PORT}', '${PORT}'],
    [{ kind: 'choice', choices: ['true', 'false'] }, 'true', true],
    [{ kind: 'choice', choices: ['token', 'none'] }, 'none', 'none'],
    [{ kind: 'list' }, ' a \n\nb', ['a', 'b']],
    [{ kind: 'text' }, 'true', 'true'],
  ] as const)('into %j as %j is %j', (field, text, value) => {
    expect(typedValue({ field, byDefault: undefined }, text)).toEqual(value)
  })

  it.each([
    [undefined, ''],
    [['a', 'b'], 'a\nb'],
    [false, 'false'],
    ['text', 'text'],
  ])('shows %j as %j', (value, text) => expect(fieldText(value)).toBe(text))
})
