import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * Holds the import rules of `.dependency-cruiser.js` over src/ of this folder, or of the one given as argument. Ends with 1 when a rule is
 * broken, and when nothing was looked at: the cruiser calls an empty result a success.
 */
const home = join(import.meta.dirname, '..')
const folder = process.argv[2] ?? home

interface Report {
  summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string }; cycle?: { name: string }[] }[] }
}

const argv = ['--config', join(home, '.dependency-cruiser.js'), '--output-type', 'json', 'src']
const cruised = spawnSync(join(home, 'node_modules/.bin/depcruise'), argv, {
  cwd: folder,
  encoding: 'utf8',
  maxBuffer: 1 << 28,
  timeout: 120_000,
})
if (!cruised.stdout.startsWith('{')) throw new Error(`dependency-cruiser failed: ${cruised.stderr}`, { cause: cruised.error })
// The cruiser's own format; a field that is missing throws below.
const { summary } = JSON.parse(cruised.stdout) as Report

for (const { rule, from, to, cycle } of summary.violations) {
  console.error(`${rule.name}\n  ${from} imports ${cycle ? cycle.map(({ name }) => name).join(' → ') : to}`)
}
if (summary.totalCruised === 0) console.error('no module was looked at: the check proves nothing')
console.log(`${summary.totalCruised} modules, ${summary.violations.length} broken rules`)
process.exitCode = summary.totalCruised > 0 && summary.violations.length === 0 ? 0 : 1
