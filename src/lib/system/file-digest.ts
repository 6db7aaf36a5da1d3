import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { absentAsNull } from './file-errors.ts'

/** SHA-256 (hex) and length (bytes) of a file, read once; null where it is absent. Throws `FILE_NOT_READABLE`. */
export async function fileDigest(path: string): Promise<{ sha256: string; size: number } | null> {
  return await absentAsNull(path, async () => {
    await using file = await open(path, 'r')
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of file.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false })) {
      // `as`: without an encoding the stream gives buffers.
      const bytes = chunk as Buffer
      hash.update(bytes)
      size += bytes.length
    }
    return { sha256: hash.digest('hex'), size }
  })
}
