import { hostname, userInfo } from 'node:os'
import type { Computer } from './overview.ts'

/** Who runs the gateway, and the computer's own name. A user without an entry in the user database is named by number. Throws nothing. */
export function thisComputer(): Computer {
  return { user: userName(), hostname: hostname() }
}

function userName(): string {
  try {
    return userInfo().username
  } catch (error) {
    // A container may run under a number that nobody gave a name; node says so by a SystemError.
    if (error instanceof Error) return String(process.getuid?.() ?? 'user')
    throw error
  }
}
