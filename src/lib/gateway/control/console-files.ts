import { hash } from 'node:crypto'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readPart, look } from '../../system/files.ts'
import { listFolder } from '../../system/folders.ts'
import { gatewayErrors } from '../errors.ts'

/** One file of the built page. */
export interface PageFile {
  type: string
  bytes: Buffer
  /** The same compressed; null where that gains nothing. */
  gzip: Buffer | null
  etag: string
  /** Its name changes with its content, so it never has to be asked for again. */
  immutable: boolean
}

/** The built page: its document, and its files by path (`/xopc/assets/…`). */
export interface PageFiles {
  /** `index.html`; `<body>` takes what the server knows. */
  document: string
  files: ReadonlyMap<string, PageFile>
}

const DOCUMENT = 'index.html'
/** How far above this module the package's folder may be. */
const HIGHEST = 6

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  webmanifest: 'application/manifest+json',
}
const texts = /[.](css|html|js|svg|webmanifest)$/

let kept: Promise<PageFiles> | null = null

/** What `npm run build` put into dist/ui, read once. Throws `PAGE_NOT_BUILT`, `FILE_NOT_READABLE`. */
export async function pageFiles(): Promise<PageFiles> {
  kept ??= readPageFiles()
  try {
    return await kept
  } catch (error) {
    // It may be built by the next request.
    kept = null
    throw error
  }
}

async function readPageFiles(): Promise<PageFiles> {
  const folder = await findFolder()
  const names = [...(await filesIn(folder, '')), ...(await filesIn(folder, 'assets/'))]
  const files = await Promise.all(names.map(async (name) => [`/xopc/${name}`, fileOf(name, await bytesOf(join(folder, name)))] as const))
  const all = new Map(files)
  const document = all.get(`/xopc/${DOCUMENT}`)
  if (document === undefined) throw gatewayErrors.PAGE_NOT_BUILT()
  all.delete(`/xopc/${DOCUMENT}`)
  return { document: document.bytes.toString('utf8'), files: all }
}

/** This module is in src/ or, bundled, in dist/: the page is beside either. */
async function findFolder(): Promise<string> {
  for (let up = import.meta.dirname, step = 0; step < HIGHEST; up = join(up, '..'), step++) {
    const folder = join(up, 'dist/ui')
    if ((await look(join(folder, DOCUMENT)))?.kind === 'file') return folder
  }
  throw gatewayErrors.PAGE_NOT_BUILT()
}

async function filesIn(folder: string, inside: string): Promise<string[]> {
  const names = (await listFolder(join(folder, inside))) ?? []
  return names.filter((name) => name.includes('.')).map((name) => inside + name)
}

async function bytesOf(path: string): Promise<Buffer> {
  const facts = await look(path)
  const bytes = facts === null ? null : await readPart(path, 0, facts.size)
  if (bytes === null) throw gatewayErrors.PAGE_NOT_BUILT()
  return bytes
}

function fileOf(name: string, bytes: Buffer): PageFile {
  return {
    type: types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    bytes,
    gzip: texts.test(name) ? gzipSync(bytes, { level: 9 }) : null,
    etag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"`,
    immutable: name.startsWith('assets/'),
  }
}
