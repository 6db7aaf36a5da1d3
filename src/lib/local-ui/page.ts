/** The built page, as it is served. */
export interface Page {
  /** `index.html`. */
  document: string
  /** Its files by path: `/xopc/assets/…`. */
  files: ReadonlyMap<string, { type: string; bytes: Buffer }>
}

const places: ReadonlySet<string> = new Set(['/', '/xopc', '/xopc/'])
/** What the page learns of where it is: this server is no gateway, and no app shares its address. */
const body = '<body data-view="overview" data-face="ui" data-who="owner" data-upstream="no">'

/** The page or the file of it at a path, or null. Pure. */
export function pageAt({ document, files }: Page, path: string): { type: string; bytes: Buffer } | null {
  if (!places.has(path)) return files.get(path) ?? null
  return { type: 'text/html; charset=utf-8', bytes: Buffer.from(document.replace('<body>', body)) }
}
