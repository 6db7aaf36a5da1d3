import type { Config } from '@oclif/core/config'
import type { XopcError } from '../lib/errors/error.ts'
import { cliErrors } from './errors.ts'
import { nearest } from './nearest.ts'

/** The error for words that are no command, with the nearest command as hint. Never asks. */
export function unknownCommand(id: string, config: Pick<Config, 'commands'>): XopcError {
  const known = config.commands.filter((command) => !command.hidden).flatMap((command) => [command.id, ...(command.aliases ?? [])])
  const guess = nearest(id, known)
  const suggestion = guess === undefined ? 'xopc help' : `xopc ${spaced(guess)}`
  return cliErrors.UNKNOWN_COMMAND({ command: spaced(id), suggestion })
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ')
}
