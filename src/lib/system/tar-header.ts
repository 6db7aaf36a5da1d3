/** An archive that is no tar, is damaged, or uses what is not read here; its message says what, without a full stop. */
export class TarFault extends Error {
  override readonly name = 'TarFault'
}

/** What the header of an entry says. */
export interface TarHeader {
  name: string
  /** One character. */
  type: string
  /** Bytes of its content. */
  size: number
}

/** Reads a header of 512 bytes. Throws `TarFault`. Pure. */
export function tarHeader(header: Buffer): TarHeader {
  const magic = header.toString('latin1', 257, 263)
  if (magic !== 'ustar\0' && magic !== 'ustar ') throw new TarFault('it is no tar')
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0)
  if (sum !== number(header, 148, 8)) throw new TarFault('a header in it is damaged')
  // GNU’s own kind has times where POSIX has the beginning of a long name.
  const prefix = magic === 'ustar\0' ? text(header, 345, 155) : ''
  const name = text(header, 0, 100)
  return { name: prefix === '' ? name : `${prefix}/${name}`, type: header.toString('latin1', 156, 157), size: number(header, 124, 12) }
}

/** What the records of POSIX say of the entry after them, as far as it matters here. */
export interface TarRecords {
  path?: string
  size?: number
}

/** Reads records: `<length> <name>=<value>\n`, one after the other; the length counts all of it. Throws `TarFault`. Pure. */
export function tarRecords(bytes: Buffer): TarRecords {
  const records: TarRecords = {}
  for (let at = 0; at < bytes.length;) {
    const [, digits = ''] = /^(\d{1,5}) /.exec(bytes.toString('latin1', at, at + 6)) ?? []
    const end = at + Number(digits)
    const [, name, value] = /^ ([^=]+)=([^]*)\n$/.exec(bytes.toString('utf8', at + digits.length, end)) ?? []
    if (end > bytes.length || name === undefined || value === undefined) throw new TarFault('its records cannot be read')
    if (name.startsWith('GNU.sparse')) throw new TarFault('it has a file with holes')
    if (name === 'path') records.path = value
    if (name === 'size') records.size = sizeIn(value)
    at = end
  }
  return records
}

function text(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}

/** Octal digits, ended by a space or a zero. GNU’s binary form is for files that are far too long for us. */
function number(bytes: Buffer, start: number, length: number): number {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(bytes.toString('latin1', start, start + length))?.[1]
  if (digits === undefined) throw new TarFault('a number in it cannot be read')
  return Number.parseInt(digits, 8)
}

function sizeIn(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new TarFault('a length in it cannot be read')
  return Number(value)
}
