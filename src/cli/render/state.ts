import type { AccessState } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { verifiedText } from './verified.ts'

/** Longer reasons are cut. */
const longest = 300

/** The state of a method in a word or two. Pure. */
export function phaseWord(state: AccessState): string {
  return state.phase === 'degraded' ? 'on, with a problem' : state.phase === 'blocked' ? 'waits for you' : state.phase
}

/** Where a device goes, if anywhere. Pure. */
export function urlsOf(state: AccessState): readonly string[] {
  return 'urls' in state ? state.urls : []
}

/** What there is to say about a state besides its word and addresses, seen at `now` (ms since the epoch; null leaves times out). Pure. */
export function stateDetail(state: AccessState, now: number | null): string[] {
  switch (state.phase) {
    case 'off':
      return []
    case 'on':
      return [verifiedText(state.verified, now)]
    case 'starting':
      return [`step: ${say(state.step)}${since(state.since, now)}`]
    case 'blocked':
      return blockedDetail(state)
    case 'degraded':
      return [say(state.error.message), ...optional(state.error.hint), say(state.next)]
    case 'failed':
      return [
        say(state.error.message),
        ...optional(state.error.hint),
        state.retryAt === null ? '' : `Tried again at ${state.retryAt}.`,
      ].filter(Boolean)
  }
}

/** The line that stands while it is waited for. Pure. */
export function waitingText(state: AccessState, ms: number): string {
  const seconds = `${Math.round(ms / 1000)} s`
  if (state.phase === 'starting') return `${cleanText(state.step, longest)} (${seconds})`
  if (state.phase === 'blocked')
    return `waits for you: ${cleanText(state.url ?? state.command ?? state.needs.message, longest)} (${seconds})`
  return `verifying (${seconds})`
}

/** The command is said once: most hints end with it. */
function blockedDetail({ needs, command, url }: Extract<AccessState, { phase: 'blocked' }>): string[] {
  const isSaid = command !== undefined && needs.hint?.includes(command) === true
  return [say(needs.message), ...optional(needs.hint), ...optional(isSaid ? undefined : command), ...optional(url)]
}

/** Seconds since then, where the time is known. */
function since(at: string, now: number | null): string {
  const seconds = now === null ? 0 : Math.round((now - Date.parse(at)) / 1000)
  return seconds > 0 ? ` (for ${seconds} s)` : ''
}

function optional(text: string | undefined): string[] {
  return text === undefined ? [] : [say(text)]
}

/** Messages may quote programs and far ends. */
function say(text: string): string {
  return cleanText(text, longest)
}
