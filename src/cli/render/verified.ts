import type { Vantage, Verification } from '../../lib/protocol/http-api.ts'

/** Where somebody looked from, in words. */
export const vantageWords: Record<Vantage, string> = {
  self: 'this computer',
  outside: 'outside',
  device: 'a paired device',
}

/** What a proof says: when, from where and how long it took. Without `now` (ms since the epoch) it says nothing of when. Pure. */
export function verifiedText(verified: Verification | null, now: number | null): string {
  if (verified === null) return 'not verified yet'
  const { at, confirmedAt, vantage, ms } = verified
  const when = now === null ? '' : ` ${ago(at, now)}`
  const again = now === null || confirmedAt <= at ? '' : `, confirmed ${ago(confirmedAt, now)}`
  return `verified${when} from ${vantageWords[vantage] ?? 'an unknown place'} in ${ms} ms${again}`
}

const units = [
  ['days', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** How long ago an ISO time was, in its largest unit; a clock that runs ahead counts as now. */
function ago(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1000)
  const unit = units.find(([, size]) => seconds >= size)
  if (seconds < 5 || unit === undefined) return 'just now'
  const [name, size] = unit
  const count = Math.floor(seconds / size)
  return `${count} ${name === 'days' && count === 1 ? 'day' : name} ago`
}
