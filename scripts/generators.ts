import { readdirSync } from 'node:fs'

/** What must be there; a new `scripts/generate-*.ts` joins by its name. */
const expected = ['generate-api-docs.ts', 'generate-cli-docs.ts', 'generate-config-docs.ts', 'generate-error-docs.ts', 'manifest.ts']

/** The scripts that write files from the sources, by name; each takes `--check`, which writes nothing and ends with 1 when a file is out of date. */
export function generators(): string[] {
  const found = readdirSync(import.meta.dirname).filter((name) => name.startsWith('generate-'))
  return [...new Set([...expected, ...found])].toSorted()
}
