import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { type ConfigKey, configKeys } from '../src/lib/config/keys.ts'
import { jsonSchema } from '../src/lib/config/json-schema.ts'
import { takeOf } from '../src/lib/config/reload-table.ts'

/** Writes docs/config.md and docs/xopc.schema.json from the schema; with `--check` only says which of them is not current, and exits 1. */
const docs = new URL('../docs/', import.meta.url)
const files = { 'config.md': page(), 'xopc.schema.json': `${JSON.stringify(jsonSchema(), null, 2)}\n` }

await mkdir(docs, { recursive: true })
for (const [name, text] of Object.entries(files))
  await (process.argv.includes('--check') ? check(name, text) : writeFile(new URL(name, docs), text))

async function check(name: string, text: string): Promise<void> {
  const current = await readFile(new URL(name, docs), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  if (current === text) return
  process.exitCode = 1
  process.stderr.write(`docs/${name} is not current: node scripts/generate-config-docs.ts\n`)
}

function page(): string {
  const values = configKeys.filter(({ type }) => type !== 'object')
  return `<!-- Written by scripts/generate-config-docs.ts from src/lib/config/schema.ts. Edit that, then run it. -->
# Settings

The configuration is one file in JSON5: comments and trailing commas are fine. \`xopc config path\` says where it is: \`--config\`, else \`XOPC_CONFIG\`, else
\`xopc.json\` in the state folder (\`XOPC_STATE_DIR\`, else \`~/.xopc\`). A file that does not exist means the defaults. An edit by xopc changes the value and
leaves comments, order and layout alone.

Any value may be \`"\${NAME}"\`: it is taken from the environment variable \`NAME\`. The variables named below win over the file, and a flag wins over both.

For completion in your editor, put \`$schema: "<path or URL of xopc.schema.json>"\` into the file; \`xopc config schema\` prints it.

## Keys

*Secrets* are masked wherever they are shown. The last column says how a running gateway takes a saved change: *applied* (it holds at once), *rebound* (a port,
address or socket is moved; connections elsewhere go on) or *restart needed*. A change is checked whole before any of it counts; a broken file keeps the
configuration that runs.

| key | type | default | meaning | variable | a change is |
| --- | --- | --- | --- | --- | --- |
${values.map(row).join('\n')}

Settings of access methods that this version does not have are known, so that a file for a later one is not called misspelt, but a value that would need
them is refused (\`NOT_IN_THIS_VERSION\`).
`
}

function row(key: ConfigKey): string {
  const cells = [
    `\`${key.path}\``,
    typeText(key),
    defaultText(key),
    `${key.description}${key.secret ? ' *Secret.*' : ''}`,
    key.env === null ? '' : `\`${key.env}\``,
    takeOf(key.path),
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function typeText({ type, choices }: ConfigKey): string {
  const names = { string: 'text', number: 'number', boolean: 'true, false', list: 'list of text', object: 'object' }
  return choices === null ? names[type] : choices.map((choice) => `\`${choice}\``).join(', ')
}

function defaultText({ default: value }: ConfigKey): string {
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``
}
