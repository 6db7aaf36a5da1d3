import { expect, it } from 'vitest'
import { defaultConfig, type Config } from '../../../src/lib/config/schema.ts'
import { wantedBy } from '../../../src/lib/core/wanted.ts'

function config(over: Partial<Config['gateway']> = {}): Config {
  const base = defaultConfig()
  return { ...base, gateway: { ...base.gateway, ...over } }
}

const lan = (event: 'wanted' | 'unwanted', bind: string): object => ({
  event: `AccessAudit.${event}`,
  method: 'lan',
  settings: { 'gateway.bind': bind },
})
const url = 'https://a.example.com'
const proxy = (event: 'wanted' | 'unwanted'): object => ({
  event: `AccessAudit.${event}`,
  method: 'proxy',
  settings: { 'gateway.publicUrl': url },
})

it.each([
  ['a start with nothing', null, {}, []],
  ['a start with both', null, { bind: 'lan', publicUrl: url }, [lan('wanted', 'lan'), proxy('wanted')]],
  ['on', {}, { bind: 'lan' }, [lan('wanted', 'lan')]],
  ['in another way', { bind: 'lan' }, { bind: '10.0.0.1' }, [lan('wanted', '10.0.0.1')]],
  ['off', { bind: '10.0.0.1', publicUrl: url }, {}, [lan('unwanted', '10.0.0.1'), proxy('unwanted')]],
  ['something else', { bind: 'lan' }, { bind: 'lan', port: 1 }, []],
] as const)('%s', (_, before, after, said) => {
  expect(wantedBy(before === null ? null : config(before), config(after))).toEqual(said)
})
