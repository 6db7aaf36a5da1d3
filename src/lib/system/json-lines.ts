import { openAppendFile } from './append-file.ts'
import { writeError } from './file-errors.ts'
import { plainFields } from './plain.ts'

/** A file of JSON lines. */
export interface JsonLineFile {
  /** One line: `head` first, then the fields, whose names cannot replace those of `head`. Never throws. */
  write(head: Readonly<Record<string, string>>, fields: Readonly<Record<string, unknown>>): void
  close(): void
}

/** Where lines go, and who hears of them. */
export interface JsonLineOptions {
  path: string
  secrets?: () => Iterable<string>
  onLine?: (line: string) => void
  onFailure?: (error: Error) => void
}

const maxBytes = 5 * 1024 * 1024
const keep = 5
const maxLine = 16 * 1024

/** Opens a file of JSON lines (0600) that is rotated at 5 MiB with five old ones kept. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export function openJsonLines(options: JsonLineOptions): JsonLineFile {
  const file = openFile(options.path)
  let failing = false
  const append = (line: string) => {
    try {
      file.append(`${line}\n`)
      failing = false
    } catch (error) {
      // A log that cannot be written must not stop what it tells about; who opened it hears it once.
      if (!failing) options.onFailure?.(writeError(options.path, error))
      failing = true
    }
  }
  return {
    write(head, fields) {
      const line = lineOf(head, fields, [...(options.secrets?.() ?? [])])
      append(line)
      options.onLine?.(line)
    },
    close: () => file.close(),
  }
}

function openFile(path: string) {
  try {
    return openAppendFile(path, { maxBytes, keep })
  } catch (error) {
    throw writeError(path, error)
  }
}

function lineOf(head: Readonly<Record<string, string>>, fields: Readonly<Record<string, unknown>>, secrets: readonly string[]): string {
  const safeHead = plainFields(head, secrets)
  const line = escapeInvisible(JSON.stringify({ ...safeHead, ...plainFields(fields, secrets), ...safeHead }))
  return line.length <= maxLine ? line : escapeInvisible(JSON.stringify({ ...safeHead, shortened: line.length }))
}

/** JSON leaves most invisible characters as they are; a terminal that shows the log would obey them (bidi, C1 controls, separators). */
function escapeInvisible(json: string): string {
  return json.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, (character) =>
    [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}
