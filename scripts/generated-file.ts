import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes a generated file, named from the repository's root; with `--check` writes nothing and ends with 1 when it is out of date. */
export function writeGenerated(name: string, text: string): void {
  const path = join(import.meta.dirname, '..', name)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    console.error(`${name} is out of date: type \`npm run generate\`.`)
    process.exitCode = 1
  }
}
