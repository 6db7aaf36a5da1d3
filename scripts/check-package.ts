import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { buildWhenStale } from '../test/support/build.ts'

/** Whether the package could be published: publint has nothing to say, and what npm would pack holds everything that runs and nothing else. */
const root = join(import.meta.dirname, '..')
await buildWhenStale()

const problems = [...(await lint()), ...judge(packed())]
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1

async function lint(): Promise<string[]> {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true, pack: false })
  return messages.map((message) => `publint: ${formatMessage(message, pkg)}`)
}

function packed(): string[] {
  // prepare would build again beside the other checks; what it builds is there already.
  const npm = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8', timeout: 60_000 })
  if (npm.status !== 0) throw new Error(`npm pack failed: ${npm.stderr}`, { cause: npm.error })
  // npm's own format: one entry for each package, by list or by name; a field that is missing throws here.
  const report = JSON.parse(npm.stdout) as Record<string, { files: { path: string }[] }>
  return Object.values(report).flatMap(({ files }) => files.map(({ path }) => path))
}

function judge(files: readonly string[]): string[] {
  const commands = globSync('commands/**/*.ts', { cwd: join(root, 'src') }).map((file) => `dist/${file.replace(/\.ts$/, '.js')}`)
  const guides = globSync('docs/guide/*.md', { cwd: root })
  const needed = [
    'package.json README.md LICENSE CHANGELOG.md bin/run.js bin/package.json dist/main.js dist/ui/index.html oclif.manifest.json'.split(
      ' ',
    ),
    'docs/errors.md docs/config.md docs/cli.md docs/api.md docs/architecture.md docs/xopc.schema.json'.split(' '),
    commands,
    guides,
  ].flat()
  const allowed =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|oclif\.manifest\.json|bin\/(run\.js|package\.json)|dist\/.+\.js|dist\/ui\/.+|docs\/.+\.(md|json)|docs\/guide\/images\/[\w-]+\.png)$/
  return [
    ...needed.filter((file) => !files.includes(file)).map((file) => `not in the package, but needed: ${file}`),
    ...files.filter((file) => !allowed.test(file)).map((file) => `in the package, but of no use there: ${file}`),
  ]
}
