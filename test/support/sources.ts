import { execFileSync } from 'node:child_process'
import { globSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './build.ts'

/** A file of the repository. */
export interface Source {
  /** From the repository's root. */
  path: string
  text: string
}

/** The text files that a clone would have, also those not committed yet. */
export function trackedFiles(): Source[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'], {
    cwd: root,
    encoding: 'utf8',
  })
  return read(list.split('\0').filter((path) => path && lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile()))
}

/** The files that match, from the repository's root. */
export function sources(...globs: string[]): Source[] {
  return read(globs.flatMap((glob) => globSync(glob, { cwd: root })))
}

function read(paths: readonly string[]): Source[] {
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}
