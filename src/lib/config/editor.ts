import { configErrors } from './errors.ts'

/** The program that edits text for this person, with the arguments that come before the file. */
export interface Editor {
  program: string
  args: string[]
}

/** `VISUAL`, else `EDITOR`, which may carry arguments; else vi on a terminal. Throws `CONFIG_NO_EDITOR` where nobody could use one. */
export function editorOf(env: NodeJS.ProcessEnv, interactive: boolean): Editor {
  const [program, ...args] = (env['VISUAL'] || env['EDITOR'] || '').split(/\s+/).filter((word) => word !== '')
  if (program !== undefined) return { program, args }
  if (!interactive) throw configErrors.CONFIG_NO_EDITOR()
  return { program: 'vi', args: [] }
}
