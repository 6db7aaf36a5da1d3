import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import JSON5 from 'json5'
import { XopcError } from '../errors/error.ts'
import { reasonOf } from '../system/file-errors.ts'
import { withFileLock } from '../system/file-lock.ts'
import { makeFolders } from '../system/folders.ts'
import { lockName, realTarget, saveFile } from '../system/save-file.ts'
import { type ConfigEdits, type EditRequest, type Step, planEdits } from './edit-plan.ts'
import { setInText, unsetInText } from './edit-text.ts'
import { configErrors } from './errors.ts'
import { type Judged, judge } from './judge.ts'
import { type LoadOptions, type Loaded, configPath, etagOf, readConfigText, surroundings } from './load.ts'
import { type Found, configInvalid, toProblems } from './problems.ts'
import { valueAt, withValue } from './tree.ts'

export type { ConfigEdits }

/** An edit of the file. */
export interface EditOptions extends LoadOptions, EditRequest {
  /** The ETag that the file must still have. */
  ifMatch?: string | undefined
}

/**
 * The one way in which xopc changes the configuration file: lock, read, check the ETag, edit the text, read it again and compare, judge it
 * whole, write. Comments, links, mode and `"${NAME}"` stay. An edit may not bring in a new problem; old ones do not stand in its way.
 * Throws `CONFIG_INVALID` (with all problems), `CONFIG_STALE`, `CONFIG_NOT_WRITABLE`, `CONFIG_EDIT_REFUSED`, `EXPOSURE_CONFLICT`, the codes
 * of `planEdits`, `LOCK_TIMEOUT`, `DISK_FULL`. Whatever it throws, the file is as it was.
 */
export async function editConfig(options: EditOptions): Promise<Loaded> {
  const path = configPath(options.env, options.path)
  return await notWritable(path, async () => {
    const target = await realTarget(path)
    await makeFolders(dirname(target))
    return await withFileLock(await lockName(target), async () => await attempt(path, options))
  })
}

/** An editor that knows no lock may save between our read and our write; then the edit is made anew on what it saved. */
async function attempt(path: string, options: EditOptions): Promise<Loaded> {
  for (let round = 0; round < 5; round++) {
    const text = await readConfigText(path)
    const edited = editText(path, text, options)
    if (edited.text === text) return edited
    if ((await readConfigText(path)) !== text) continue
    await saveFile(path, edited.text ?? '')
    return edited
  }
  throw configErrors.CONFIG_STALE({ file: path })
}

/** The text after the edit, judged. Pure. Throws like `editConfig`. */
function editText(path: string, text: string | null, options: EditOptions): Loaded {
  const around = surroundings(options)
  const before = judge(text, around)
  if (before.source.values === null) throw configInvalid(path, before.problems, 'cannot be edited')
  if (options.ifMatch !== undefined && !sameEtag(options.ifMatch, etagOf(text))) throw configErrors.CONFIG_STALE({ file: path })
  const plan = planEdits(options, before)
  if ('unknown' in plan) throw configInvalid(path, toProblems(plan.unknown), 'was not changed')
  const edited = plan.steps.length === 0 ? text : applySteps(path, text ?? '{}\n', plan.steps)
  const after = judge(edited, around)
  refuseNewProblems(path, before, after, plan.steps)
  return { path, text: edited, etag: etagOf(edited), ...after }
}

function applySteps(path: string, text: string, steps: readonly Step[]): string {
  const place = steps.map(({ segments }) => segments.join('.')).join(', ')
  try {
    const edited = steps.reduce((current, { segments, value }) => applyStep(current, segments, value), text)
    const meant = steps.reduce<unknown>((tree, { segments, value }) => without(tree, segments, value), JSON5.parse(text))
    if (isDeepStrictEqual(JSON5.parse(edited), meant)) return edited
  } catch (error) {
    throw configErrors.CONFIG_EDIT_REFUSED({ file: path, place }, { cause: error })
  }
  throw configErrors.CONFIG_EDIT_REFUSED({ file: path, place })
}

function applyStep(text: string, segments: Step['segments'], value: unknown): string {
  return value === undefined ? unsetInText(text, segments) : setInText(text, segments, value)
}

function without(tree: unknown, segments: Step['segments'], value: unknown): unknown {
  return value === undefined && valueAt(tree, segments) === undefined ? tree : withValue(tree, segments, value)
}

/** Quotes and the mark of a weak ETag carry no meaning here. */
function sameEtag(given: string, own: string): boolean {
  const bare = (etag: string): string => etag.trim().replace(/^W\//, '').replaceAll('"', '')
  return given.trim() === '*' || given.split(',').some((one) => bare(one) === bare(own))
}

/** Keys whose refusal has a code of its own that phones and scripts know, whichever way the change came. */
const ownCodes = ['gateway.publicUrl', 'gateway.bind', 'gateway.tailscale.mode', 'tunnel.enabled', 'tunnel.autoStart']

function refuseNewProblems(path: string, before: Judged, after: Judged, steps: readonly Step[]): void {
  const known = new Set(before.found.map(identity))
  // Before, a mistake elsewhere kept the rules from being checked: what they find now is not this edit's doing unless it is about its keys.
  const unseen = (one: Found): boolean => !before.ruled && !steps.some(({ segments }) => isWithin(one.segments, segments))
  const fresh = after.found.filter((one) => !known.has(identity(one)) && one.error.code !== 'CONFIG_ENV_NOT_SET' && !unseen(one))
  const conflict = fresh.find(({ error }) => error.code === 'EXPOSURE_CONFLICT')
  if (conflict !== undefined) throw conflict.error
  const errors = fresh.filter(({ severity }) => severity === 'error')
  const [only] = errors
  if (only === undefined) return
  const specific = errors.length === 1 && ownCodes.includes(only.segments.join('.')) && !only.error.code.startsWith('CONFIG_')
  // The text was not saved, so its lines would lead nowhere.
  throw specific ? Object.assign(only.error, { problems: toProblems(errors) }) : configInvalid(path, toProblems(errors), 'was not changed')
}

/** Whether one of two paths leads through the other. */
function isWithin(one: Found['segments'], other: Step['segments']): boolean {
  return one.slice(0, other.length).every((part, index) => part === other[index])
}

function identity({ segments, error }: Found): string {
  return `${segments.join('.')} ${error.code}`
}

/** Runs work that writes the configuration. Throws `CONFIG_NOT_WRITABLE` instead of what a file says. */
export async function notWritable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof XopcError && error.code === 'FILE_NOT_WRITABLE') {
      throw configErrors.CONFIG_NOT_WRITABLE({ file: path, reason: reasonOf(error.cause) }, { cause: error })
    }
    throw error
  }
}
