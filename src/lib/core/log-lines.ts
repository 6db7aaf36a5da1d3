import type { LogLine } from '../protocol/http-api.ts'
import { look, readPart } from '../system/files.ts'

const blockBytes = 64 * 1024
/** More than this is a file to download, not a reply to read. */
const mostLines = 10_000

/** The last lines of a file of JSON lines and, where it is young, of the one rotated before it; oldest first. Throws `FILE_NOT_READABLE`. */
export async function lastLines(path: string, lines: number): Promise<LogLine[]> {
  const wanted = Math.min(Math.max(0, Math.trunc(lines)), mostLines)
  const newest = await tail(path, wanted)
  const older = newest.length < wanted ? await tail(`${path}.1`, wanted - newest.length) : []
  return [...older, ...newest].map(parse)
}

async function tail(path: string, wanted: number): Promise<string[]> {
  const facts = await look(path)
  // A link here could name any file of ours; logs are never links.
  if (facts === null || facts.kind !== 'file') return []
  let start = facts.size
  let blocks: Buffer[] = []
  while (start > 0 && countLines(blocks) <= wanted) {
    const from = Math.max(0, start - blockBytes)
    blocks = [(await readPart(path, from, start - from)) ?? Buffer.alloc(0), ...blocks]
    start = from
  }
  const text = Buffer.concat(blocks).toString('utf8').split('\n')
  const complete = (start > 0 ? text.slice(1) : text).filter((line) => line !== '')
  return wanted === 0 ? [] : complete.slice(-wanted)
}

function countLines(blocks: readonly Buffer[]): number {
  return blocks.reduce((sum, block) => sum + block.toString('latin1').split('\n').length - 1, 0)
}

function parse(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line)
    // `as`: an object from JSON has string keys and unknown values.
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as LogLine
    return { raw: line }
  } catch (error) {
    // The last line may be half-written when the computer went down; it is shown as it is.
    if (error instanceof SyntaxError) return { raw: line }
    throw error
  }
}
