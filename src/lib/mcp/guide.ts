import { join } from 'node:path'
import { look, readText } from '../system/files.ts'
import { listFolder } from '../system/folders.ts'

/** One page of the guide for users. */
export interface GuidePage {
  /** `same-network` */
  name: string
  title: string
  text: string
}

/** How far above this module the package's folder may be. */
const HIGHEST = 6

/** The guide as it ships, read whole: what is asked for later is looked up by name and never becomes a path. Empty where it is missing. Throws `FILE_NOT_READABLE`. */
export async function guidePages(): Promise<GuidePage[]> {
  const folder = await findFolder()
  const files = folder === null ? [] : ((await listFolder(folder)) ?? [])
  const names = files.flatMap((file) => /^([a-z0-9-]+)[.]md$/.exec(file)?.[1] ?? []).toSorted()
  return await Promise.all(names.map(async (name) => pageOf(name, (await readText(join(folder ?? '', `${name}.md`))) ?? '')))
}

function pageOf(name: string, text: string): GuidePage {
  return { name, title: /^# (.+)$/m.exec(text)?.[1] ?? name, text }
}

/** This module is in src/ or, bundled, in dist/: the guide is beside either. */
async function findFolder(): Promise<string | null> {
  for (let up = import.meta.dirname, step = 0; step < HIGHEST; up = join(up, '..'), step++) {
    const folder = join(up, 'docs/guide')
    if ((await look(folder))?.kind === 'folder') return folder
  }
  return null
}
