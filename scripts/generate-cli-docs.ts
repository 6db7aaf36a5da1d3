import type { Command } from '@oclif/core/command'
import { loadCommands } from './commands.ts'
import { writeGenerated } from './generated-file.ts'

/** Writes docs/cli.md from the commands; with `--check` writes nothing and ends with 1 when it is out of date. */
const intro = `# Command line

Generated from the commands by \`node scripts/generate-cli-docs.ts\`; do not edit.

\`xopc help\` lists the commands, \`xopc <command> --help\` explains one. Every command takes \`--json\`: then stdout holds JSON and nothing else, and
errors are \`{"error": {"code", "message", "hint", "docs"}}\`. What was asked for goes to stdout, everything else to stderr. Nothing asks without a
terminal. \`NO_COLOR\` and \`CI\` are respected.

Exit codes: 0 done, 1 failed and you can act, 2 wrong usage, 3 configuration, 70 a bug in xopc, 130 ended by Ctrl-C. \`status\` commands exit with 0
when they could tell, with \`--check\` with 1 unless everything intended is on; \`gateway status\` and \`gateway health\` exit with 1 when no gateway
runs. Each code of an error is in [errors.md](errors.md).

`

type Flag = Command.Flag.Cached

const commands = (await loadCommands()).filter(({ hidden }) => !hidden)
writeGenerated('docs/cli.md', intro + commands.map(section).join('\n'))

function section(command: Command.Cached): string {
  const name = `xopc ${spaced(command.id)}`
  const parts = [
    `## ${name}`,
    sentence(command.summary ?? command.description),
    command.summary === undefined ? '' : sentence(command.description),
    command.aliases.length === 0 ? '' : `Also \`${command.aliases.map((alias) => `xopc ${spaced(alias)}`).join('`, `')}\`.`,
    list(argumentLines(command)),
    list(flagLines(command)),
    examples(command),
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

function argumentLines({ args }: Command.Cached): string[] {
  return Object.values(args).map(
    ({ name, description, required }) => `\`${name}\`${required ? '' : ' (may be left out)'}: ${description ?? ''}`,
  )
}

/** Flags that every command has are explained above. */
function flagLines({ flags }: Command.Cached): string[] {
  return Object.values(flags)
    .filter(({ hidden, name }) => !hidden && name !== 'json')
    .map((flag) => `\`--${flag.name}${value(flag)}\`: ${flag.summary ?? flag.description ?? ''}`)
}

function value(flag: Flag): string {
  if (flag.type === 'boolean') return ''
  const named = flag.options === undefined ? (flag.helpValue ?? '<value>') : `<${flag.options.join('|')}>`
  return ` ${[named].flat().join(' ')}`
}

function examples({ examples = [] }: Command.Cached): string {
  const lines = examples.map((example) => (typeof example === 'string' ? example : example.command)).map(expanded)
  return lines.length === 0 ? '' : `\`\`\`sh\n${lines.join('\n')}\n\`\`\``
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${expanded(line)}`).join('\n')
}

function sentence(text: string | undefined): string {
  return expanded(text ?? '')
}

function expanded(text: string): string {
  return text
    .replaceAll('<%= config.bin %>', 'xopc')
    .replaceAll(/<%= command\.id %>/g, '')
    .replaceAll(/^\$ /gm, '')
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ')
}
