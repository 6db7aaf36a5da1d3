import type { JSX } from 'preact'

/** Times as `enable` takes them; empty for no end. */
const times = [
  ['', 'until I disable it'],
  ['1h', 'for 1 hour'],
  ['8h', 'for 8 hours'],
  ['24h', 'for 24 hours'],
] as const

/** For how long something is opened: it stands behind the button that opens it, and reads on. `what` is opened. */
export function ForHowLong({ what, time, choose }: { what: string; time: string; choose: (time: string) => void }): JSX.Element {
  return (
    <select class="beside" aria-label={`${what}: for how long`} value={time} onChange={({ currentTarget }) => choose(currentTarget.value)}>
      {times.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  )
}
