import { withFileLock } from '../system/file-lock.ts'
import { readText, writeAtomic } from '../system/files.ts'
import { stateErrors } from './errors.ts'
import type { State } from './store.ts'

/** What we switched on in Tailscale. Times are ISO 8601. */
export interface TailscaleExposure {
  mode: 'serve' | 'funnel'
  /** The https port of the tailnet name. */
  port: number
  /** Where our entry leads: by it we know it again. */
  target: string
  since: string
}

/** `exposures.json`: what we switched on outside, which must be known also after a crash. */
export interface Exposures {
  tailscale: TailscaleExposure | null
  /** The loopback port of the tailscale door, chosen once: entries of ours lead to it. */
  tailscalePort: number | null
}

const NONE: Exposures = { tailscale: null, tailscalePort: null }

/** What is noted. Throws `EXPOSURES_BROKEN`, `FILE_NOT_READABLE`. */
export async function readExposures({ paths }: Pick<State, 'paths'>): Promise<Exposures> {
  const text = await readText(paths.exposures)
  if (text === null) return NONE
  const { tailscale, tailscalePort } = Object(parsed(text, paths.exposures)) as Record<string, unknown>
  if (!(tailscale === null || isTailscale(tailscale)) || !(tailscalePort === null || isPort(tailscalePort)))
    throw stateErrors.EXPOSURES_BROKEN({ path: paths.exposures })
  return { tailscale, tailscalePort }
}

/** Notes a change, before what it is about is done. Throws as `readExposures`, and `FILE_NOT_WRITABLE`, `DISK_FULL`, `LOCK_TIMEOUT`. */
export async function noteExposures(state: Pick<State, 'paths'>, change: Partial<Exposures>): Promise<void> {
  const { exposures } = state.paths
  await withFileLock(exposures, async () => {
    const next = { ...(await readExposures(state)), ...change }
    await writeAtomic(exposures, `${JSON.stringify(next, null, 2)}\n`)
  })
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw stateErrors.EXPOSURES_BROKEN({ path }, { cause: error })
  }
}

function isTailscale(value: unknown): value is TailscaleExposure {
  const { mode, port, target, since } = Object(value) as Record<string, unknown>
  return (mode === 'serve' || mode === 'funnel') && isPort(port) && typeof target === 'string' && typeof since === 'string'
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}
