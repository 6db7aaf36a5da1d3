import { look, readPart } from './files.ts'
import { systemClock } from './clock.ts'

const pollMs = 200
const blockBytes = 64 * 1024

/** Lines that are added to a file from now on, also after it was rotated or before it exists; ends when the signal aborts. Throws `FILE_NOT_READABLE`. */
export async function* followLines(path: string, signal: AbortSignal): AsyncGenerator<string, void> {
  const first = await look(path)
  const place: Place = { id: first?.id ?? null, offset: first?.size ?? 0 }
  let rest = Buffer.alloc(0)
  while (!signal.aborted) {
    const added = await readOn(path, place)
    if (added.length === 0) {
      await pause(signal)
      continue
    }
    const whole = Buffer.concat([rest, added])
    const end = whole.lastIndexOf('\n') + 1
    rest = whole.subarray(end)
    if (end > 0) yield* whole.toString('utf8', 0, end - 1).split('\n')
  }
}

/** Where reading goes on: which file, and how far it was read. */
interface Place {
  id: string | null
  offset: number
}

/** What was added since, at most a block; moves the place. After a rotation the old file, now `<path>.1`, is read to its end first. */
async function readOn(path: string, place: Place): Promise<Buffer> {
  // In this order: when the new file is there, the old one has its new name.
  const now = await look(path)
  const before = await look(`${path}.1`)
  const isOld = before !== null && before.id === place.id && before.size > place.offset
  if (!isOld && now !== null && (now.id !== place.id || now.size < place.offset)) Object.assign(place, { id: now.id, offset: 0 })
  const part = (await readPart(isOld ? `${path}.1` : path, place.offset, blockBytes)) ?? Buffer.alloc(0)
  place.offset += part.length
  return part
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await systemClock.sleep(pollMs, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
