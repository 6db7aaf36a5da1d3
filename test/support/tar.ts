import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

/** One entry of an archive, also of a kind that nobody should make. */
export interface TarLine {
  name: string
  /** The character of ustar; default a file. */
  type?: string
  content?: Uint8Array | string
  link?: string
  /** Written in the header in place of the content's length. */
  size?: number
}

/** A tar.gz of these, as it is written, and its SHA-256. */
export function tarGz(lines: readonly TarLine[]): { bytes: Buffer; sha256: string } {
  const bytes = gzipSync(Buffer.concat([...lines.flatMap(blocks), Buffer.alloc(1024)]), { level: 1 })
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** A record of POSIX.1-2001 for the entry after it. */
export function paxRecords(records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): TarLine {
  const content = Object.entries(records).map(([name, value]) => {
    const rest = ` ${name}=${value}\n`
    // The number counts itself.
    const length = [1, 2, 3].map((digits) => Buffer.byteLength(rest) + digits).find((sum, index) => String(sum).length === index + 1)
    return `${length}${rest}`
  })
  return { name: 'records', type, content: content.join('') }
}

function blocks({ name, type = '0', content = '', link = '', size }: TarLine): Buffer[] {
  const body = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(name, 0, 100)
  header.write('0000755\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${(size ?? body.length).toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(link, 157, 100)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
}
