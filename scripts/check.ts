import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { generators } from './generators.ts'

/**
 * `npm run check`: everything that can be said about the code without running it. One line for each step as it ends, and what the failing ones
 * printed. Ends with 1 when one failed. `npm run check types lint` runs only these.
 */
interface Step {
  name: string
  argv: readonly string[]
}

const root = join(import.meta.dirname, '..')
const bin = join(root, 'node_modules/.bin')
const limitMs = 5 * 60_000

const script = (name: string, file: string, ...args: string[]): Step => ({ name, argv: [process.execPath, join('scripts', file), ...args] })
const tool = (name: string, program: string, ...args: string[]): Step => ({ name, argv: [join(bin, program), ...args] })

const steps: Step[] = [
  tool('types', 'tsc', '--noEmit'),
  tool('lint', 'oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives'),
  tool('format', 'oxfmt', '--check'),
  script('imports', 'check-imports.ts'),
  tool('unused', 'knip', '--no-progress'),
  script('package', 'check-package.ts'),
  ...generators().map((file) => script(file.replace(/\.ts$/, ''), file, '--check')),
]

const wanted = process.argv.slice(2)
const chosen = steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) throw new Error(`no such step: ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}`)

const queue = [...chosen]
const failed: string[] = []
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, work))
console.log(
  failed.length === 0 ? `${chosen.length} checks passed` : `${failed.length} of ${chosen.length} checks failed: ${failed.join(', ')}`,
)
process.exitCode = failed.length === 0 ? 0 : 1

async function work(): Promise<void> {
  for (let step = queue.shift(); step; step = queue.shift()) {
    const started = performance.now()
    const { ok, output } = await runStep(step)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    if (ok) continue
    failed.push(step.name)
    console.log(output.trimEnd().replaceAll(/^/gm, '    '))
  }
}

async function runStep({ argv }: Step): Promise<{ ok: boolean; output: string }> {
  const [command = '', ...args] = argv
  const file = args[0] ?? ''
  if (file.startsWith('scripts') && !existsSync(join(root, file))) return { ok: false, output: `${file} is missing` }
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs, killSignal: 'SIGKILL' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ ok: code === 0, output: signal ? `${output}\nended by ${signal}` : output }))
  })
}
