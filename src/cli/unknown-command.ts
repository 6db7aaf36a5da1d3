import type { Config } from '@oclif/core/config'
import type { XopcError } from '../lib/errors/error.ts'
import { cliErrors } from './errors.ts'

/** The error for words that are no command, with the nearest command as hint. Never asks. */
export async function unknownCommand(id: string, config: Pick<Config, 'commands'>): Promise<XopcError> {
  const { nearest } = await import('../lib/config/nearest.ts')
  const known = config.commands.filter(({ hidden }) => !hidden).flatMap(({ id, aliases }) => [id, ...aliases])
  const guess = nearest(id, known)
  return cliErrors.UNKNOWN_COMMAND({ command: spaced(id), suggestion: guess === null ? 'xopc help' : `xopc ${spaced(guess)}` })
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ')
}
