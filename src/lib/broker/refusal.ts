import { type BrokerCode, brokerCodes, type BrokerRefusal } from '../protocol/broker-api.ts'

/** A refusal before it is sent. */
export interface Refused {
  refused: BrokerCode
  error: string
  hint?: string
  /** Seconds; for 429. */
  retryAfter?: number
}

/** What a request comes to: what was asked for, or a refusal. */
export type Outcome<Result> = { ok: Result } | Refused

/** What is sent back. */
export interface Reply {
  status: number
  /** An object is sent as JSON. */
  body: object | string
  headers?: Readonly<Record<string, string>>
}

/** A refusal with words for a person. Pure. */
export function refuse(code: BrokerCode, error: string, more: { hint?: string; retryAfter?: number } = {}): Refused {
  return { refused: code, error, ...more }
}

/** An outcome as it is sent. Pure. */
export function replyOf(outcome: Outcome<object>): Reply {
  if ('ok' in outcome) return { status: 200, body: outcome.ok }
  const { refused, error, hint, retryAfter } = outcome
  const body: BrokerRefusal = { error, code: refused, ...(hint !== undefined && { hint }) }
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) }
  return { status: brokerCodes[refused], body, headers }
}
