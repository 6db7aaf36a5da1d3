import { z } from 'zod'

/**
 * What tools answer, for a client to check. Only what a client can build on is named, and everything may hold more: a gateway that is newer than
 * this program adds fields and words.
 */
const text = z.string()
const error = z.looseObject({ code: text, message: text, hint: text.optional(), docs: text.optional() })
const fix = z.looseObject({ title: text, command: text.optional(), snippet: text.optional() })
const stage = z.looseObject({ stage: text, status: text.describe('pass, warn, fail or skip'), ms: z.number(), detail: text })

const state = z.looseObject({
  phase: text.describe('off, starting, blocked (waits for the person), on, degraded or failed'),
  urls: z.array(text).optional().describe('where it is reached; only where it is on or degraded'),
  error: error.optional(),
  needs: error.optional(),
})

const overview = z.looseObject({
  running: z.boolean(),
  methods: z.array(z.looseObject({ id: text, intended: z.boolean(), audience: text, audienceText: text, state })),
  conflicts: z.array(z.looseObject({ code: text, message: text, fix })),
  recommended: text.nullable(),
})

const verdict = z.looseObject({
  ok: z.boolean().describe('true where no stage fails'),
  url: text,
  vantage: text.describe('from where it was looked: self is the gateway’s own computer'),
  stages: z.array(stage),
  code: text.optional(),
  message: text.optional(),
  fix: fix.nullish(),
})

const findings = z.looseObject({
  findings: z.array(z.looseObject({ code: text, title: text, status: text, detail: text, fix: fix.optional() })),
})

const pairing = z.looseObject({
  id: text,
  state: text.describe('waiting, used, expired or revoked'),
  expiresAt: text,
  scopes: z.array(text),
  name: text.nullable(),
  baseUrl: text,
  device: z.looseObject({ id: text, name: text.describe('chosen by the device') }).nullable(),
})

/** The replies by their kind. Some clients hold a reply that says what went wrong against the same schema, so each allows for one. */
export const replies = {
  overview: orError(overview),
  state: orError(state),
  verdict: orError(verdict),
  findings: orError(findings),
  pairing: orError(pairing),
} as const

function orError<Reply extends z.ZodObject>(reply: Reply) {
  return z.union([reply, z.looseObject({ error })])
}
