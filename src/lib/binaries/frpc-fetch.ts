import { createHash } from 'node:crypto'
import { cleanText } from '../protocol/outside-text.ts'
import { connectionReason } from '../system/connection-reason.ts'
import { systemCode } from '../system/file-errors.ts'
import type { PartFile } from '../system/part-file.ts'
import { frpcErrors } from './frpc/errors.ts'
import type { FileDigest } from './frpc-digests.ts'

/** How a file is fetched. */
export interface FetchWish {
  url: URL
  into: PartFile
  /** Told after every piece; the whole is null where the server does not say. Bytes. */
  onBytes?: (received: number, total: number | null) => void
  signal?: AbortSignal
  /** Without a byte for so long it ends; default 30 s. */
  stallMs?: number
  /** More than that is not taken; default 60 MB. */
  maxBytes?: number
}

/** The archive has about 14 MB: this is for a line of 10 kB/s. Milliseconds. */
export const FETCH_MS = 30 * 60_000
const STALL_MS = 30_000
const SIZE_MAX = 60 * 1024 * 1024
const REDIRECTS = 5

/**
 * Fetches a file and tells what came; whether it is the right one, the caller judges by that. Redirects lead to https only. Throws `FRPC_NOT_FETCHED`,
 * `DISK_FULL`, `FILE_NOT_WRITABLE`, the signal's reason.
 */
export async function fetchFile(wish: FetchWish): Promise<FileDigest> {
  const { url, into, onBytes, signal, stallMs = STALL_MS, maxBytes = SIZE_MAX } = wish
  const fail = (reason: string, cause?: unknown) => frpcErrors.FRPC_NOT_FETCHED({ url: url.href, reason }, { cause })
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(), stallMs)
  const late = AbortSignal.timeout(FETCH_MS)
  const stop = AbortSignal.any([stalled.signal, late, ...(signal === undefined ? [] : [signal])])
  try {
    const answer = await followed(url, stop)
    if (typeof answer === 'string') throw fail(answer)
    const total = lengthOf(answer)
    if (total !== null && total > maxBytes) throw fail(`it has ${total} bytes, more than can be right`)
    const hash = createHash('sha256')
    let size = 0
    for await (const piece of answer.body ?? []) {
      timer.refresh()
      size += piece.length
      if (size > maxBytes) throw fail('it has more bytes than can be right')
      hash.update(piece)
      await into.write(piece)
      onBytes?.(size, total)
    }
    return { sha256: hash.digest('hex'), size }
  } catch (error) {
    signal?.throwIfAborted()
    if (stalled.signal.aborted) throw fail(`nothing came for ${stallMs / 1000} s`, error)
    if (late.aborted) throw fail(`it was not there after ${FETCH_MS / 60_000} minutes`, error)
    throw isOfFetch(error) ? fail(troubleOf(error), error) : error
  } finally {
    clearTimeout(timer)
    // Ends what is still under way, where this ended before it.
    stalled.abort()
  }
}

/** The answer behind all redirects, or why there is none. */
async function followed(url: URL, signal: AbortSignal): Promise<Response | string> {
  let place = url
  for (let left = REDIRECTS; ; left--) {
    // `identity`: a digest is of the file as it lies there.
    const answer = await fetch(place, { redirect: 'manual', signal, headers: { 'accept-encoding': 'identity' } })
    if (answer.status === 200) return answer
    await answer.body?.cancel()
    const to = answer.headers.get('location')
    if (![301, 302, 303, 307, 308].includes(answer.status) || to === null) return `the server answered ${answer.status}`
    if (left === 0) return `it leads on more than ${REDIRECTS} times`
    if (!URL.canParse(to, place)) return 'it leads to no address'
    place = new URL(to, place)
    if (place.protocol !== 'https:') return `it leads on to ${cleanText(place.origin, 100)}, which is not https`
  }
}

function lengthOf(answer: Response): number | null {
  const said = answer.headers.get('content-length')
  return said !== null && /^\d{1,15}$/.test(said) && !answer.headers.has('content-encoding') ? Number(said) : null
}

/** `fetch` throws a TypeError for all that goes wrong on the way; why is its cause. */
function isOfFetch(error: unknown): error is TypeError {
  return error instanceof TypeError && ['fetch failed', 'terminated'].includes(error.message)
}

function troubleOf({ message, cause }: TypeError): string {
  const code = systemCode(cause)
  if (code !== undefined && !code.startsWith('UND_')) return connectionReason(code)
  return cleanText(cause instanceof Error && cause.message !== '' ? cause.message : message, 200).replace(/[.\s]+$/, '')
}
