import { look, readPart } from './files.ts'
import { systemClock } from './clock.ts'

const pollMs = 200
const blockBytes = 64 * 1024

/** Lines that are added to a file from now on, also after it was rotated or before it exists; ends when the signal aborts. Throws `FILE_NOT_READABLE`. */
export async function* followLines(path: string, signal: AbortSignal): AsyncGenerator<string, void> {
  const first = await look(path)
  let place = { id: first?.id ?? null, offset: first?.size ?? 0 }
  let rest = Buffer.alloc(0)
  while (!signal.aborted) {
    const facts = await look(path)
    // Another file, or one that became shorter: a rotation. It is read from its start.
    if (facts !== null && (facts.id !== place.id || facts.size < place.offset))
      [place, rest] = [{ id: facts.id, offset: 0 }, Buffer.alloc(0)]
    const added = facts === null ? null : await readPart(path, place.offset, blockBytes)
    if (added === null || added.length === 0) {
      await pause(signal)
      continue
    }
    place.offset += added.length
    const whole = Buffer.concat([rest, added])
    const end = whole.lastIndexOf('\n') + 1
    rest = whole.subarray(end)
    if (end > 0) yield* whole.toString('utf8', 0, end - 1).split('\n')
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await systemClock.sleep(pollMs, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
