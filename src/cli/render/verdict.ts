import type { Stage, Verdict } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { renderFix } from './fix.ts'
import { vantageWords } from './verified.ts'
import { wrap } from './wrap.ts'

const longest = 600

/** How a verdict is shown. */
interface Show {
  columns: number
  /** Whether an address that works could be saved. */
  offersToKeep: boolean
}

/** What a test came to; its last line is the verdict with the place it was looked at from. Pure. */
export function renderVerdict(verdict: Verdict, { columns, offersToKeep }: Show): string[] {
  const headline = verdict.ok ? works(verdict) : `✗ Does not work: ${cleanText(verdict.url, longest)}${failsAt(verdict.stages)}`
  const next = verdict.ok && offersToKeep ? [`Next: xopc proxy set ${cleanText(verdict.url, longest)}`] : []
  return [...reason(verdict, columns), '', ...next, ...wrap('', `${headline}. ${vantage(verdict)}.`, columns)]
}

/** Whether there is anything to say of the stages: an address that is refused as such reaches none. Pure. */
export function isRefused({ stages }: Verdict): boolean {
  return stages.every(({ status }) => status === 'skip')
}

/** What a test waits for, in a few words: the stage that failed with its code. Pure. */
export function waitsFor(verdict: Verdict): string {
  if (verdict.ok) return 'nothing'
  const failed = verdict.stages.find(({ status }) => status === 'fail')
  return `${failed?.stage ?? 'the address'} (${cleanText(failed?.code ?? verdict.code, 60)})`
}

/** A refusal of the address itself belongs to no stage, so it is told here. */
function reason(verdict: Verdict, columns: number): string[] {
  if (verdict.ok || verdict.stages.some(({ status }) => status === 'fail')) return []
  const { message, hint, fix } = verdict
  return [
    ...wrap('', cleanText(message, longest), columns),
    ...(fix === null ? [] : renderFix('Fix: ', fix, columns)),
    ...(fix !== null || hint === undefined ? [] : wrap('', cleanText(hint, longest), columns)),
  ]
}

function works({ url, stages, ms, latencyMs }: Verdict): string {
  const count = stages.filter(({ status }) => status === 'warn').length
  const warnings = count === 0 ? '' : `, with ${count} warning${count === 1 ? '' : 's'}`
  const trip = latencyMs === null ? '' : ` (one round trip takes ${latencyMs} ms)`
  return `✓ Works${warnings}: ${cleanText(url, longest)}, tested in ${ms} ms${trip}`
}

function failsAt(stages: readonly Stage[]): string {
  const failed = stages
    .filter(({ status }) => status === 'fail')
    .map(({ stage, code }) => stage + (code === undefined ? '' : ` (${cleanText(code, 60)})`))
  return failed.length === 0 ? '' : ` fails at ${failed.join(' and ')}`
}

function vantage(verdict: Verdict): string {
  const limit = verdict.vantage === 'self' && verdict.ok ? '; it does not show whether it works over cellular' : ''
  return `Seen from ${vantageWords[verdict.vantage] ?? 'an unknown place'}${limit}`
}
