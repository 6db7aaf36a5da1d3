import type { JSX } from 'preact'

/** Times as `enable` takes them. */
const times = [
  ['1h', 'for 1 hour'],
  ['8h', 'for 8 hours'],
  ['24h', 'for 24 hours'],
] as const

/** For how long something is opened: it stands behind the button that opens it, and reads on. `what` is opened, and `endless` is said of no end. */
export function ForHowLong(given: { what: string; endless?: string; time: string; choose: (time: string) => void }): JSX.Element {
  const { what, endless = 'until I disable it', time, choose } = given
  return (
    <select class="beside" aria-label={`${what}: for how long`} value={time} onChange={({ currentTarget }) => choose(currentTarget.value)}>
      <option value="">{endless}</option>
      {times.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  )
}
