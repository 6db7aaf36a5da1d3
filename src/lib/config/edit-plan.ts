import { isDeepStrictEqual } from 'node:util'
import { isReference } from './environment.ts'
import { configErrors } from './errors.ts'
import type { Judged } from './judge.ts'
import { keyAt, ownerOf } from './keys.ts'
import { type Found, type Segments, toSegments } from './problems.ts'
import { isUnchangedMask, receivers } from './secrets.ts'
import { unknownKey } from './shape.ts'
import { type Tree, isRecord, isTooDeep, leaves, valueAt, withValue } from './tree.ts'

/** New values by config path (`gateway.port`); `null` removes the key, an object sets the keys it names. */
export type ConfigEdits = Readonly<Record<string, unknown>>

/** One change of the text; undefined removes the key. */
export interface Step {
  segments: Segments
  value: unknown
}

/** What is asked, and by whom. */
export interface EditRequest {
  edits: ConfigEdits
  /** The asker may not be the file's owner (HTTP): no new `"${NAME}"`, and no stored secret is sent to a new place. */
  refuseEnvReferences?: boolean | undefined
}

/** An edit as steps, or the keys that nobody knows. */
export type EditPlan = { steps: Step[] } | { unknown: Found[] }

interface Change {
  path: string
  /** undefined removes. */
  value: unknown
}

/**
 * Turns edits into the steps that change something; a mask sent back changes nothing. Pure. Throws `CONFIG_ENV_REFUSED`,
 * `CONFIG_SECRET_NEEDED`, `CONFIG_WITHOUT_VALUE`.
 */
export function planEdits(request: EditRequest, judged: Judged): EditPlan {
  const values = judged.source.values ?? {}
  const wanted = Object.entries(request.edits).flatMap(([path, value]) => expand(path, value))
  const unknown = wanted.filter(
    ({ path, value }) => ownerOf(path) === undefined && !(value === undefined && at(values, path) !== undefined),
  )
  if (unknown.length > 0) return { unknown: unknown.map(({ path }) => unknownKey(toSegments(path))) }
  const changes = wanted.filter((change) => !isNoChange(change, at(values, change.path)))
  refuseHalfMasked(changes)
  if (request.refuseEnvReferences === true) refuseForeign(changes, judged)
  return { steps: withoutEmptyParents(changes, values) }
}

function expand(path: string, value: unknown): Change[] {
  if (isTooDeep(value)) throw configErrors.CONFIG_WRONG_VALUE({ key: JSON.stringify(path), rule: 'is nested too deeply' })
  if (path === '' || path.split('.').includes('')) throw configErrors.CONFIG_WITHOUT_VALUE({ key: JSON.stringify(path) })
  if (value === null || value === undefined) return [{ path, value: undefined }]
  if (!isRecord(value)) return [{ path, value }]
  return leaves(value, path).flatMap(([leaf, inner]) => (leaf === path ? [{ path, value }] : expand(leaf, inner)))
}

function isNoChange({ path, value }: Change, old: unknown): boolean {
  // An empty object names no key, so it sets none.
  if (isRecord(value) && isRecord(old)) return true
  return isDeepStrictEqual(value, old) || isUnchangedMask(path, value, old)
}

/** The mask in a URL stands for the user and password of the old one, which are not sent to another place. */
function refuseHalfMasked(changes: readonly Change[]): void {
  const masked = changes.find(({ value }) => typeof value === 'string' && value.includes('//***@'))
  if (masked !== undefined) throw configErrors.CONFIG_SECRET_NEEDED({ key: masked.path, secret: 'user name and password' })
}

function refuseForeign(changes: readonly Change[], judged: Judged): void {
  const old = (path: string): unknown => at(judged.source.values ?? {}, path)
  const reference = changes.find(({ path, value }) => newReference(value, old(path)))
  if (reference !== undefined) throw configErrors.CONFIG_ENV_REFUSED({ key: reference.path })
  const changed = (path: string): boolean => changes.some((change) => change.path === path)
  for (const { url, secret } of receivers) {
    // A secret from the environment stays the same whatever is sent along, so its receiver cannot be changed from here.
    const givenAnew = changed(secret) && !judged.origins.has(secret)
    if (changed(url) && isStored(secret, judged) && !givenAnew) throw configErrors.CONFIG_SECRET_NEEDED({ key: url, secret })
  }
}

function newReference(value: unknown, old: unknown): boolean {
  if (Array.isArray(value)) return value.some((item, index) => newReference(item, Array.isArray(old) ? old[index] : undefined))
  return isReference(value) && value !== old
}

function isStored(secret: string, { source, origins }: Judged): boolean {
  return origins.has(secret) || at(source.values ?? {}, secret) !== undefined
}

/** A section that may be left out as a whole, but not be empty, goes with its last key. */
function withoutEmptyParents(changes: readonly Change[], values: Tree): Step[] {
  const result = changes.reduce<unknown>((tree, { path, value }) => withValue(tree, toSegments(path), value), values)
  return changes.map(({ path, value }) => {
    const parent = path.slice(0, path.lastIndexOf('.'))
    const goes = value === undefined && keyAt(parent)?.optional === true && isEmpty(valueAt(result, toSegments(parent)))
    return { segments: toSegments(goes ? parent : path), value }
  })
}

function isEmpty(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0
}

function at(values: Tree, path: string): unknown {
  return valueAt(values, toSegments(path))
}
