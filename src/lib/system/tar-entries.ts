import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TarFault, tarHeader, type TarRecords, tarRecords } from './tar-header.ts'

/** One entry of an archive. */
export interface TarEntry {
  /** As it is written there: never a path to be used. */
  name: string
  kind: 'file' | 'folder' | 'link' | 'special'
  /** Bytes. */
  size: number
  /** May be left unread; it is gone when the next entry is asked for. */
  body: AsyncIterable<Buffer>
}

/** What a gzip file holds. Throws `TarFault`, also past `maxBytes`, and the system's error. */
export async function* unzipped(path: string, maxBytes: number): AsyncGenerator<Buffer> {
  // Its error comes out of the loop below, too.
  const source = pipeline(createReadStream(path), createGunzip(), () => {})
  let size = 0
  try {
    for await (const chunk of source) {
      // `as`: without an encoding it gives buffers.
      const bytes = chunk as Buffer
      size += bytes.length
      if (size > maxBytes) throw new TarFault(`it unpacks to more than ${maxBytes} bytes`)
      yield bytes
    }
  } catch (error) {
    // Z_DATA_ERROR, Z_BUF_ERROR.
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) throw new TarFault('it is no whole gzip file')
    throw error
  }
}

const BLOCK = 512
/** Records about one entry are a few lines. */
const RECORDS_MAX = 65_536
const kinds: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '5': 'folder',
  '1': 'link',
  '2': 'link',
  '3': 'special',
  '4': 'special',
  '6': 'special',
}

/**
 * The entries of a tar: ustar with the records of POSIX.1-2001, as GNU tar and bsdtar write them while names are short. Anything else is refused:
 * what is not understood could hide a name or a length. Throws `TarFault`, and what reading `chunks` throws.
 */
export async function* tarEntries(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const reader = createReader(chunks)
  try {
    let records: TarRecords = {}
    for (;;) {
      const block = await reader.exactly(BLOCK)
      if (block.every((byte) => byte === 0)) break
      const header = tarHeader(block)
      if (header.type === 'x' || header.type === 'g') {
        records = { ...records, ...(await readRecords(reader, header.type, header.size)) }
        continue
      }
      const size = records.size ?? header.size
      const body = reader.body(size)
      yield { name: records.path ?? header.name, kind: kindOf(header.type, size), size, body }
      await drain(body)
      await reader.exactly(padded(size) - size)
      records = {}
    }
    // To the very end, so that the sum of gzip is compared.
    await drain(reader.body(Infinity))
  } finally {
    await reader.close()
  }
}

async function readRecords(reader: Reader, type: 'x' | 'g', size: number): Promise<TarRecords> {
  if (size > RECORDS_MAX) throw new TarFault('its records are too long')
  const records = tarRecords((await reader.exactly(padded(size))).subarray(0, size))
  if (type === 'g' && Object.keys(records).length > 0) throw new TarFault('it says one name or length for all its entries')
  return records
}

function kindOf(type: string, size: number): TarEntry['kind'] {
  const kind = kinds[type]
  if (kind === undefined) throw new TarFault(`it has an entry of a kind that is not read here (${JSON.stringify(type)})`)
  if (kind !== 'file' && size !== 0) throw new TarFault('it has an entry with content that is no file')
  return kind
}

async function drain(body: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of body);
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

interface Reader {
  exactly(length: number): Promise<Buffer>
  /** The next so many bytes; one that was left in the middle goes on there. To the end with Infinity. */
  body(length: number): AsyncIterable<Buffer>
  close(): Promise<void>
}

function createReader(chunks: AsyncIterable<Buffer>): Reader {
  const source = chunks[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  /** Up to so many; null at the end. */
  async function some(max: number): Promise<Buffer | null> {
    while (rest.length === 0) {
      const next = await source.next()
      if (next.done === true) return null
      rest = next.value
    }
    const piece = rest.subarray(0, max)
    rest = rest.subarray(piece.length)
    return piece
  }
  function body(length: number): AsyncIterable<Buffer> {
    let left = length
    return {
      async *[Symbol.asyncIterator]() {
        while (left > 0) {
          const piece = await some(left)
          if (piece === null && left === Infinity) return
          if (piece === null) throw new TarFault('it ends in the middle')
          left -= piece.length
          yield piece
        }
      },
    }
  }
  return {
    body,
    async exactly(length) {
      const pieces: Buffer[] = []
      for await (const piece of body(length)) pieces.push(piece)
      return Buffer.concat(pieces)
    },
    async close() {
      await source.return?.()
    },
  }
}
