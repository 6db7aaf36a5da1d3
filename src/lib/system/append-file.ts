import { closeSync, fchmodSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** A file that grows by whole lines and is set aside when it is full. */
export interface AppendFile {
  /** Writes at once, so that the last line before a crash is there too. Throws the system's error. */
  append(text: string): void
  close(): void
}

/**
 * Opens (0600) a file to append to. Past `maxBytes` it becomes `<path>.1`, the former `.1` becomes `.2`, and so on; `keep` old ones stay.
 * Throws the system's error.
 */
export function openAppendFile(path: string, options: { maxBytes: number; keep: number }): AppendFile {
  let fd = openForAppend(path)
  let size = fstatSync(fd).size
  const rotate = () => {
    closeSync(fd)
    setAside(path, options.keep)
    fd = openForAppend(path)
    size = 0
  }
  return {
    append(text) {
      const bytes = Buffer.from(text)
      if (size > 0 && size + bytes.length > options.maxBytes) rotate()
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
      size += bytes.length
    },
    close: () => closeSync(fd),
  }
}

function openForAppend(path: string): number {
  const fd = openSync(path, 'a', 0o600)
  fchmodSync(fd, 0o600)
  return fd
}

function setAside(path: string, keep: number): void {
  rmSync(`${path}.${keep}`, { force: true })
  for (let number = keep - 1; number >= 0; number--) {
    const from = number === 0 ? path : `${path}.${number}`
    try {
      renameSync(from, `${path}.${number + 1}`)
    } catch (error) {
      // Gaps are normal until `keep` files exist.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}
