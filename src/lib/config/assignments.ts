import type { ConfigEdits } from './edit-plan.ts'
import { configErrors } from './errors.ts'
import { keyAt } from './keys.ts'
import { valueFromText } from './value-text.ts'

/** Words of `config set` as edits. */
export interface Assignments {
  edits: ConfigEdits
  /** Secrets that stood on the command line, where other programs and the shell's history see them. */
  exposed: string[]
}

/** Reads `key=value` words; one key without a value takes what came by stdin. Throws `CONFIG_ASSIGNMENT`. */
export function readAssignments(words: readonly string[], stdin: string | null): Assignments {
  const bare = words.filter((word) => !word.includes('='))
  if (words.length === 0) throw configErrors.CONFIG_ASSIGNMENT({ problem: 'Nothing was said to set' })
  if (stdin === null && bare[0] !== undefined) throw configErrors.CONFIG_ASSIGNMENT({ problem: `${bare[0]} was given no value` })
  if (stdin !== null && bare.length !== 1) throw configErrors.CONFIG_ASSIGNMENT({ problem: '--stdin gives the value of one key' })
  const pairs = words.map((word): [string, string] => {
    const [key = '', ...rest] = word.split('=')
    return rest.length === 0 ? [key, (stdin ?? '').replace(/\r?\n$/, '')] : [key, rest.join('=')]
  })
  const given = words.filter((word) => word.includes('=')).map((word) => word.slice(0, word.indexOf('=')))
  return {
    edits: Object.fromEntries(pairs.map(([key, text]) => [key, valueFromText(key, text)])),
    exposed: given.filter((key) => keyAt(key)?.secret === true),
  }
}

/** Keys to take out as edits. Throws `CONFIG_ASSIGNMENT` where none is named. */
export function removals(keys: readonly string[]): ConfigEdits {
  if (keys.length === 0) throw configErrors.CONFIG_ASSIGNMENT({ problem: 'Nothing was said to take out' })
  return Object.fromEntries(keys.map((key) => [key, null]))
}
