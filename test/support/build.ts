import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The repository's root folder. */
export const root = join(import.meta.dirname, '../..')

const inputs = ['src', 'scripts/build.ts', 'package.json']
const buildMs = 180_000

/** Builds dist/ if a source is newer than it. Throws what the build printed when it fails or takes longer than three minutes. */
export async function buildWhenStale(): Promise<void> {
  const [source, built] = await Promise.all([newest(inputs, Math.max), newest(['dist'], Math.max)])
  if (built >= source) return
  await promisify(execFile)(process.execPath, ['scripts/build.ts'], { cwd: root, timeout: buildMs })
}

async function newest(paths: readonly string[], pick: (...times: number[]) => number): Promise<number> {
  const times = await Promise.all(paths.map((path) => timesUnder(join(root, path))))
  return pick(0, ...times.flat())
}

async function timesUnder(path: string): Promise<number[]> {
  if (!existsSync(path)) return []
  const found = await stat(path)
  if (!found.isDirectory()) return [found.mtimeMs]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs),
  )
}
