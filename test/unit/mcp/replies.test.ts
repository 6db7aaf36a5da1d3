import { expect, it } from 'vitest'
import { replies } from '../../../src/lib/mcp/replies.ts'

const later = { later: { deep: [1] } }
const error = { code: 'A', message: 'b', hint: 'c', docs: 'd', ...later }
const fix = { title: 'a', command: 'b', ...later }
const state = { phase: 'sleeping', since: 'x', ...later }

/** What a gateway of a later version may answer: more fields, other words. */
const examples = {
  overview: {
    running: true,
    methods: [{ id: 'pigeon', intended: true, audience: 'birds', audienceText: 'any bird', state, ...later }],
    conflicts: [{ code: 'A', message: 'b', fix, ...later }],
    recommended: 'pigeon',
    ...later,
  },
  state,
  verdict: {
    ok: false,
    url: 'http://a',
    vantage: 'moon',
    stages: [{ stage: 'coo', status: 'pass', ms: 1, detail: '', ...later }],
    fix: null,
    ...error,
  },
  findings: { findings: [{ code: 'A', title: 'b', status: 'odd', detail: 'c', fix, ...later }], ...later },
  pairing: { id: 'a', state: 'odd', expiresAt: 'x', scopes: ['coo'], name: null, baseUrl: 'http://a', device: null, ...later },
}

it.each(Object.entries(replies))('%s: what a later gateway answers is let through whole', (name, schema) => {
  // `as`: both have the same keys, which the first line of the test holds.
  expect(Object.keys(examples)).toContain(name)
  const example: unknown = examples[name as keyof typeof examples]
  expect(schema.parse(example)).toEqual(example)
})

it.each(Object.entries(replies))('%s: allows for an error, and for nothing that is neither', (_, schema) => {
  expect(schema.parse({ error })).toEqual({ error })
  expect(schema.safeParse({ a: 1 }).success).toBe(false)
})
