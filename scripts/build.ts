import { chmodSync, existsSync, globSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { applyPatches, leanBuiltins, patches } from './build-patches.ts'
import { buildUi } from './build-ui.ts'

/**
 * Makes dist/ from src/: an entry for each command and one for the start, what they share in chunks, packages bundled; and the page in dist/ui.
 * Run by `npm ci` through `prepare`. dist/ is replaced whole when everything is there; otherwise this ends with an error. `--without <patch>` leaves a patch out, to
 * measure what it gains.
 */
const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const skipped = process.argv.flatMap((word, index) => (process.argv[index - 1] === '--without' ? [word] : []))

const commands = globSync('src/commands/**/*.ts', { cwd: root }).map((file) => file.replaceAll('\\', '/'))
const entries = Object.fromEntries(commands.map((file) => [file.slice('src/'.length, -'.ts'.length), join(root, file)]))

/** What is loaded at a start, in few files, because a start pays for each: what all need, what finds the
 * gateway, what replaces it, and oclif. */
const groups = [
  { name: 'base', test: /src[/](lib[/]errors[/]error|lib[/]protocol[/]outside-text|cli[/]errors|cli[/]terminal)[.]ts$/, priority: 3 },
  {
    name: 'reach',
    test: /src[/](cli[/]connection|cli[/]chosen-gateway|cli[/]plain-status|lib[/]remote[/]local|lib[/]state[/]store)[.]ts$/,
    priority: 2,
  },
  { name: 'offline', test: /src[/]lib[/](config[/]watch|core[/]offline|system[/]log)[.]ts$/, priority: 1 },
  { name: 'commands', test: /src[/]cli[/](base-command|run-command)[.]ts$/, priority: 0 },
]

const fresh = mkdtempSync(join(root, 'node_modules', '.xopc-build-'))
try {
  const bundle = await rolldown({
    input: { main: join(root, 'src/cli/main.ts'), ...entries },
    cwd: root,
    platform: 'node',
    // The oldest Node of `engines`: what it cannot read is written in an older way.
    transform: { target: 'node22' },
    logLevel: 'warn',
    // What is lazy for a start may be needed at once by a part that is itself loaded late.
    checks: { ineffectiveDynamicImport: false },
    // oclif looks for it only where it would compile commands, which it never does here.
    external: ['typescript'],
    plugins: [
      applyPatches(patches.filter(({ name }) => !skipped.includes(name))),
      ...(skipped.includes('lean-builtins') ? [] : [leanBuiltins()]),
    ],
  })
  await bundle.write({
    dir: fresh,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    codeSplitting: { groups },
  })
  await bundle.close()
  await buildUi(join(fresh, 'ui'))
  // A temporary folder is its owner's alone; what is installed is read by everybody.
  chmodSync(fresh, 0o755)
  replace(dist, fresh)
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

/** A reader finds the old folder or the new one, never half of one. */
function replace(target: string, source: string): void {
  const old = `${source}.old`
  if (existsSync(target)) renameSync(target, old)
  renameSync(source, target)
  rmSync(old, { recursive: true, force: true })
}
