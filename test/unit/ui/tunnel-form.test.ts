import { expect, it } from 'vitest'
import { isMoving, type Saved, type Typed, typedPatch } from '../../../src/ui/tunnel-form.ts'

const broker = 'https://frp.example.com/api'
const other = 'https://frp.example.org/api'
const before: Saved = { broker, name: 'home', source: 'config' }
const same: Typed = { secret: '', broker, name: 'home' }

it.each<[what: string, typed: Partial<Typed>, before: Partial<Saved>, patch: Record<string, unknown>]>([
  ['nothing', {}, {}, {}],
  ['a secret', { secret: ' s3cret ' }, {}, { 'tunnel.registrationSecret': 's3cret' }],
  ['a name', { name: 'work' }, {}, { 'tunnel.subdomain': 'work' }],
  ['no name', { name: '' }, {}, { 'tunnel.subdomain': null }],
  ['another broker', { broker: other }, {}, { 'tunnel.brokerUrl': other, 'tunnel.registrationSecret': null }],
  [
    'another broker with its secret',
    { broker: other, secret: 'new' },
    {},
    { 'tunnel.brokerUrl': other, 'tunnel.registrationSecret': 'new' },
  ],
  ['another broker where no secret is stored', { broker: other }, { source: 'none' }, { 'tunnel.brokerUrl': other }],
  ['another place at the same broker', { broker: `${broker}/v2` }, {}, { 'tunnel.brokerUrl': `${broker}/v2` }],
  ['no broker', { broker: '' }, { source: 'none' }, { 'tunnel.brokerUrl': null }],
])('saves %s', (_what, typed, saved, patch) => {
  expect(typedPatch({ ...same, ...typed }, { ...before, ...saved })).toEqual(patch)
})

it('knows a secret that belongs to another broker', () => {
  expect(isMoving({ broker: other }, before)).toBe(true)
  expect(isMoving({ broker: other }, { ...before, source: 'dev' })).toBe(false)
  expect(isMoving({ broker: 'https://' }, before)).toBe(true)
})
