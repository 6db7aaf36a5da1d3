import { catalog } from '../src/lib/errors/catalog.ts'
import type { ErrorDefinition } from '../src/lib/errors/error.ts'
import { writeGenerated } from './generated-file.ts'

/** Writes docs/errors.md from the catalogue; with `--check` writes nothing and ends with 1 when it is out of date. */
const intro = `# Errors

Generated from the catalogue by \`node scripts/generate-error-docs.ts\`; do not edit.

Every error of xopc has a code that stays the same, a sentence that says what happened and what it means, and mostly a hint: what to type or
change next. In a terminal all three are on stderr; with \`--json\` they are \`{"error": {"code", "message", "hint", "docs"}}\` on stdout; over HTTP
\`{"error": "message", "code", "hint", "docs"}\` with the status below.

Exit codes of the command line: 0 done, 1 failed and you can act, 2 wrong usage, 3 configuration, 70 a bug in xopc, 130 ended by Ctrl-C.

`

const codes = Object.keys(catalog).toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
writeGenerated('docs/errors.md', intro + codes.map((code) => section(code, catalog[code])).join('\n'))

function section(code: string, definition: ErrorDefinition | undefined): string {
  if (definition === undefined) throw new Error(`${code} is in no catalogue`)
  const { message, hint, http, exit, about } = definition
  const next = hint === undefined ? '' : `\n**Next:** ${shown(hint)}\n`
  return `## ${code}\n\n> ${shown(message)}\n\n${about}\n${next}\nHTTP ${http}, exit code ${exit}.\n`
}

/** Placeholders as a reader expects them, and nothing that Markdown would take for HTML. */
function shown(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll(/\{(\w+)\}/g, '*$1*')
}
