import { globSync, mkdirSync, rmSync } from 'node:fs'
import { rolldown } from 'rolldown'
import { applyPatches, patches } from './build-patches.ts'

/**
 * Makes dist/ from src/: one entry for each command and one for the start, everything shared in chunks, packages bundled. Run by `npm ci`
 * through `prepare`. dist/ is complete afterwards, or the build fails.
 */
const root = new URL('..', import.meta.url).pathname
const commands = globSync('src/commands/**/*.ts', { cwd: root })
const entries = Object.fromEntries(commands.map((file) => [file.slice('src/'.length, -'.ts'.length), `${root}${file}`]))

const bundle = await rolldown({
  input: { main: `${root}src/cli/main.ts`, ...entries },
  cwd: root,
  platform: 'node',
  logLevel: 'warn',
  // oclif looks for it only where it would compile commands, which it never does here.
  external: ['typescript'],
  plugins: [applyPatches(patches.filter((patch) => !process.env['NOPATCH']?.split(',').includes(patch.name)))],
})
rmSync(`${root}dist`, { recursive: true, force: true })
mkdirSync(`${root}dist`)
await bundle.write({ dir: `${root}dist`, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' })
await bundle.close()
