import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'

/** Every published figure, one after the other. */
const figures = ['startup', 'gateway-start', 'proxy-throughput', 'sse', 'staged-test', 'remote', 'tunnel', 'broker']

const today = new Date().toISOString().slice(0, 10)
console.log(`${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}, ${today}`)
for (const name of figures) {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: 'inherit' })
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGTERM', pass).on('SIGINT', pass)
  const [code] = (await once(child, 'exit')) as [number | null]
  process.off('SIGTERM', pass).off('SIGINT', pass)
  if (code !== 0) process.exitCode = 1
  if (code === null || code === 130) break
}
