import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** Longer lines are cut: a program that never ends its line must not fill our memory. */
const maxLine = 8192

/** Calls `onLine` with each line of a program's output, without its end, cut at 8,192 characters; the last one also without a line end. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n/u)
    rest = (lines.pop() ?? '').slice(0, maxLine)
    for (const line of lines) onLine(line.slice(0, maxLine))
  })
  stream.once('close', () => {
    if (rest !== '') onLine(rest)
  })
}
