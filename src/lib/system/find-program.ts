import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { systemErrors } from './errors.ts'
import { isProgram } from './files.ts'

/** The full path of a program: a name is looked up on PATH, a path is taken as it is. Throws `PROGRAM_NOT_FOUND`. */
export async function findProgram(program: string, env: NodeJS.ProcessEnv): Promise<string> {
  const places = program.includes('/') ? [resolve(program)] : foldersOf(env).map((folder) => join(folder, program))
  for (const place of places) if (await isProgramHere(place)) return place
  throw systemErrors.PROGRAM_NOT_FOUND({ program })
}

/** Relative entries of PATH would run what lies in the current folder. */
function foldersOf(env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
}

async function isProgramHere(path: string): Promise<boolean> {
  try {
    return await isProgram(path)
  } catch {
    // A folder on PATH that we may not look into holds no program for us.
    return false
  }
}
