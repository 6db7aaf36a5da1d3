import type { Command } from '@oclif/core/command'
import { loadCommands, packageJson } from './commands.ts'
import { writeGenerated } from './generated-file.ts'

/**
 * Makes oclif.manifest.json from the commands' sources, so that a start reads one file instead of every command. `--check` writes nothing and
 * ends with 1 when it is out of date.
 */
const { version } = packageJson()
const commands = (await loadCommands()).map(built)
const byId = Object.fromEntries(commands.map((command) => [command.id, command]))
writeGenerated('oclif.manifest.json', `${JSON.stringify({ commands: byId, version }, null, 2)}\n`)

/** What was read from src/ runs from dist/. */
function built(command: Command.Cached): Command.Cached {
  const relativePath = command.relativePath?.map((part, index) => (index === 0 ? 'dist' : part.replace(/\.ts$/, '.js')))
  return { ...command, relativePath }
}
