import type { ForwardState } from '../../lib/remote/ssh-forward.ts'
import { duration } from './time.ts'

/** One line for a change of a tunnel; null where nothing is worth a line. `lostAt`: when it was lost, milliseconds. Pure. */
export function tunnelLine(state: ForwardState, { lostAt, now }: { lostAt: number | null; now: number }): string | null {
  switch (state.phase) {
    case 'connecting':
      return null
    case 'up':
      return lostAt === null ? 'The gateway answers.' : `Back after ${duration(Math.round((now - lostAt) / 1000))}.`
    case 'no-gateway':
      return `${state.error.message} It is looked at again by itself.`
    case 'lost':
      return `${state.error.message} It is made anew by itself.`
  }
}
