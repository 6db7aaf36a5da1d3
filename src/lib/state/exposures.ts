import { fieldsOf, isRecord } from '../protocol/fields.ts'
import { withFileLock } from '../system/file-lock.ts'
import { readText, writeAtomic } from '../system/files.ts'
import { stateErrors } from './errors.ts'
import type { State } from './store.ts'

/** What we switched on in Tailscale. */
export interface TailscaleExposure {
  mode: 'serve' | 'funnel'
  /** The https port of the tailnet name. */
  port: number
  /** Where our entry leads: by it we know it again. */
  target: string
  /** It outlives the gateway, until a person takes it out (`gateway.tailscale.resetOnExit` is false). */
  keep: boolean
}

/** A way in that was opened for a time, without a setting. */
export interface Opening {
  /** As `enable` was told. */
  options: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  until: string
}

/** `exposures.json`: what we switched on outside, which must be known also after a crash. */
export interface Exposures {
  tailscale: TailscaleExposure | null
  /** The loopback port of the tailscale door, chosen once: entries of ours lead to it. */
  tailscalePort: number | null
  /** By method. */
  openings: Readonly<Record<string, Opening>>
}

const NONE: Exposures = { tailscale: null, tailscalePort: null, openings: {} }

/** What is noted. Throws `EXPOSURES_BROKEN`, `FILE_NOT_READABLE`. */
export async function readExposures({ paths }: Pick<State, 'paths'>): Promise<Exposures> {
  const text = await readText(paths.exposures)
  if (text === null) return NONE
  const { tailscale, tailscalePort, openings = {} } = fieldsOf(parsed(text, paths.exposures))
  const good = (tailscale === null || isTailscale(tailscale)) && (tailscalePort === null || isPort(tailscalePort)) && areOpenings(openings)
  if (!good) throw stateErrors.EXPOSURES_BROKEN({ path: paths.exposures })
  return { tailscale, tailscalePort, openings }
}

/** Changes what is noted, one program at a time. Throws as `readExposures`, and what writing throws. */
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
  const { mode, port, target, keep } = fieldsOf(value)
  return (mode === 'serve' || mode === 'funnel') && isPort(port) && typeof target === 'string' && typeof keep === 'boolean'
}

function areOpenings(value: unknown): value is Exposures['openings'] {
  return isRecord(value) && Object.values(value).every((each) => isRecord(each) && isRecord(each['options']) && isTime(each['until']))
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}
