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
}

/** Makes a copy to edit, with a first text where there is no file. Throws `CONFIG_NOT_WRITABLE`, `CONFIG_NOT_A_FILE`, `FILE_NOT_READABLE`. */
export async function beginHandEdit(options: LoadOptions): Promise<HandEdit> {
  const path = configPath(options.env, options.path)
  const target = await realTarget(path)
  const before = await readConfigText(path)
  const copy = `${target}.edit-${process.pid}.json5`
  await notWritable(path, async () => {
    await makeFolders(dirname(target))
    await remove(copy)
    await createExclusive(copy, before ?? '{\n}\n')
  })
  return { copy, finish: async () => await notWritable(path, async () => await finish({ options, path, target, copy, before })) }
}

interface Pending {
  options: LoadOptions
  path: string
  target: string
  copy: string
  before: string | null
}

async function finish({ options, path, target, copy, before }: Pending): Promise<Loaded | null> {
  const text = (await readText(copy)) ?? before
  if (text === null || text === before) return await remove(copy).then(() => null)
  const judged = judge(text, surroundings(options))
  if (judged.config === null) throw configInvalid(copy, judged.problems, `cannot be used, so ${path} was left as it was`)
  await withFileLock(await lockName(target), async () => {
    if ((await readConfigText(path)) !== before) throw configErrors.CONFIG_STALE({ file: path })
    await saveFile(path, text)
  })
  await remove(copy)
  return { path, text, etag: etagOf(text), ...judged }
}
