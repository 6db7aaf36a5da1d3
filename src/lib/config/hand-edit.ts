import { dirname } from 'node:path'
import { createExclusive, readText, remove } from '../system/files.ts'
import { withFileLock } from '../system/file-lock.ts'
import { makeFolders } from '../system/folders.ts'
import { lockName, realTarget, saveFile } from '../system/save-file.ts'
import { notWritable } from './edit.ts'
import { configErrors } from './errors.ts'
import { judge } from './judge.ts'
import { type LoadOptions, type Loaded, configPath, etagOf, readConfigText, surroundings } from './load.ts'
import { configInvalid } from './problems.ts'

/** A copy of the file that a person edits, so that a half-done text never is the configuration. */
export interface HandEdit {
  /** Where the copy is. */
  copy: string
  /**
   * Judges the copy and puts it in the file's place; null where nothing was changed. Throws `CONFIG_INVALID` and `CONFIG_STALE` (someone else
   * changed the file meanwhile) with the copy kept, and `CONFIG_NOT_WRITABLE`.
   */
  finish(): Promise<Loaded | null>
  /** The editor failed: what was written so far is not taken over. Throws `CONFIG_EDITOR_FAILED`; a copy that differs is kept, and named. */
  abandon(editor: string, how: string): Promise<never>
}

const emptyFile = '{\n}\n'

/** Makes a copy to edit, with a first text where there is no file. Throws `CONFIG_NOT_WRITABLE`, `CONFIG_NOT_A_FILE`, `FILE_NOT_READABLE`. */
export async function beginHandEdit(options: LoadOptions): Promise<HandEdit> {
  const path = configPath(options.env, options.path)
  const target = await realTarget(path)
  const before = await readConfigText(path)
  const copy = `${target}.edit-${process.pid}.json5`
  await notWritable(path, async () => {
    await makeFolders(dirname(target))
    await remove(copy)
    await createExclusive(copy, before ?? emptyFile)
  })
  const pending = { options, path, target, copy, before }
  return {
    copy,
    finish: async () => await notWritable(path, async () => await finish(pending)),
    abandon: async (editor, how) => await abandon(pending, editor, how),
  }
}

interface Pending {
  options: LoadOptions
  path: string
  target: string
  copy: string
  before: string | null
}

async function abandon({ path, copy, before }: Pending, editor: string, how: string): Promise<never> {
  const text = await readText(copy)
  const worthKeeping = text !== null && text !== (before ?? emptyFile)
  if (!worthKeeping) await remove(copy)
  throw configErrors.CONFIG_EDITOR_FAILED({ editor, how, file: path, kept: worthKeeping ? ` What it wrote is in ${copy}.` : '' })
}

async function finish({ options, path, target, copy, before }: Pending): Promise<Loaded | null> {
  const text = (await readText(copy)) ?? before
  if (text === null || text === (before ?? emptyFile)) return await remove(copy).then(() => null)
  const judged = judge(text, surroundings(options))
  if (judged.config === null) {
    const way = `What you wrote is kept there: mend it, then cp '${copy}' '${target}', or remove it.`
    throw configInvalid(copy, judged.problems, `cannot be used, so ${path} was left as it was`, way)
  }
  await withFileLock(await lockName(target), async () => {
    if ((await readConfigText(path)) !== before) throw configErrors.CONFIG_STALE({ file: path })
    await saveFile(path, text)
  })
  await remove(copy)
  return { path, text, etag: etagOf(text), ...judged }
}
