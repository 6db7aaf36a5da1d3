import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** A picture: three bytes for each pixel, row by row, and a note of how it came to be. */
export interface Picture {
  width: number
  height: number
  rgb: Buffer
  note: string
}

// https://www.w3.org/TR/png-3/: a signature, then chunks of length, type, data and CRC. Rows are written without a filter, which makes flat pictures smaller
// than Chromium writes them, and are read like that only.
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const keyword = 'xopc-drawn-by\0'
const trueColour = [8, 2, 0, 0, 0]

/** Writes it as PNG. */
export function encodePng({ width, height, rgb, note }: Picture): Buffer {
  const rows = Array.from({ length: height }, (_, y) => [Buffer.alloc(1), rgb.subarray(y * width * 3, (y + 1) * width * 3)]).flat()
  const size = Buffer.alloc(8)
  size.writeUInt32BE(width)
  size.writeUInt32BE(height, 4)
  const data = deflateSync(Buffer.concat(rows), { level: 9 })
  const chunks = [
    chunk('IHDR', Buffer.concat([size, Buffer.from(trueColour)])),
    chunk('tEXt', Buffer.from(keyword + note, 'latin1')),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([signature, ...chunks])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** Reads what `encodePng` wrote; null where something else wrote it. */
export function decodePng(file: Buffer): Picture | null {
  const chunks = new Map<string, Buffer>()
  for (let at = signature.length; at + 8 <= file.length;) {
    const length = file.readUInt32BE(at)
    chunks.set(file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  const [head, text, data] = [chunks.get('IHDR'), chunks.get('tEXt')?.toString('latin1'), chunks.get('IDAT')]
  if (head === undefined || data === undefined || text?.startsWith(keyword) !== true) return null
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)]
  const raw = inflateSync(data)
  const row = width * 3 + 1
  const rgb = Buffer.concat(Array.from({ length: height }, (_, y) => raw.subarray(y * row + 1, (y + 1) * row)))
  return { width, height, rgb, note: text.slice(keyword.length) }
}
