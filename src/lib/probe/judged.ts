import type { Culprit, Fix, Stage } from '../protocol/http-api.ts'
import type { ProbeCode } from './errors.ts'

/** What a stage came to, without its name and its time. */
export interface Judged extends Omit<Stage, 'stage' | 'ms' | 'code'> {
  code?: ProbeCode
}

/** Nothing on the way says who it is. */
export const nobody: Culprit = { program: null, evidence: null }

/** What comes with a failure or a warning. */
export interface Cause {
  culprit?: Culprit
  fix?: Fix | undefined
  facts?: Record<string, unknown> | undefined
}

/** A stage that is as it should be. */
export function pass(detail: string, facts?: Record<string, unknown>): Judged {
  return { status: 'pass', detail, ...(facts === undefined ? {} : { facts }) }
}

/** A stage that keeps devices out. */
export function fail(code: ProbeCode, detail: string, { culprit = nobody, fix, facts }: Cause = {}): Judged {
  return { status: 'fail', detail, code, culprit, ...(fix === undefined ? {} : { fix }), ...(facts === undefined ? {} : { facts }) }
}

/** A stage that works and falls short of what it should be. */
export function warn(code: ProbeCode | null, detail: string, { culprit = nobody, fix, facts }: Cause = {}): Judged {
  const named = code === null ? {} : { code }
  return { status: 'warn', detail, ...named, culprit, ...(fix === undefined ? {} : { fix }), ...(facts === undefined ? {} : { facts }) }
}

/** A stage that was not looked at. */
export function skip(detail: string): Judged {
  return { status: 'skip', detail }
}

/** Who did it, as the subject of a sentence. */
export function subject({ program }: Culprit): string {
  return program ?? 'An unknown program on the way'
}
