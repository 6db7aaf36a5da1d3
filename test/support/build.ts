import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The repository's root folder. */
export const root = join(import.meta.dirname, '../..')

const inputs = ['src', 'scripts/build.ts', 'scripts/build-patches.ts', 'scripts/build-ui.ts', 'package.json']
const buildMs = 180_000

/** Builds dist/ if a source is newer than it. Throws what the build printed when it fails or takes longer than three minutes. */
export async function buildWhenStale(): Promise<void> {
  const [source, built] = await Promise.all([newest(inputs), newest(['dist'])])
  if (built >= source) return
  await promisify(execFile)(process.execPath, ['scripts/build.ts'], { cwd: root, timeout: buildMs })
}

/** Milliseconds since the epoch; 0 where there is nothing. Folders count too: they tell of what was removed. */
async function newest(paths: readonly string[]): Promise<number> {
  const times = await Promise.all(paths.map((path) => timesUnder(join(root, path))))
  return Math.max(0, ...times.flat())
}

async function timesUnder(path: string): Promise<number[]> {
  if (!existsSync(path)) return []
  const found = await stat(path)
  const inside = found.isDirectory() ? await readdir(path, { recursive: true }) : []
  return Promise.all([found, ...inside.map((name) => stat(join(path, name)))].map(async (each) => (await each).mtimeMs))
}
