import { StringDecoder } from 'node:string_decoder'
import { remoteErrors } from './errors.ts'

/** No reply of a gateway is larger; more would be a stranger's. */
const MOST_BYTES = 32 * 1024 * 1024
/** No line of an event stream is longer. */
const MOST_LINE = 1024 * 1024

/** A whole body as text. Throws what `wrap` makes of an error of reading, and an error past 32 MiB. */
export async function textOf(body: AsyncIterable<Buffer>, wrap: (error: unknown) => Error): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size > MOST_BYTES) throw tooLarge()
    }
  } catch (error) {
    throw wrap(error)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A body line by line, as it comes. Throws what `wrap` makes of an error of reading, and an error for a line past 1 MiB. */
export async function* linesOf(body: AsyncIterable<Buffer>, wrap: (error: unknown) => Error): AsyncIterable<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  try {
    for await (const chunk of body) {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MOST_LINE) throw tooLarge()
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
    }
  } catch (error) {
    throw wrap(error)
  }
  if (rest !== '') yield rest
}

function tooLarge(): Error {
  return remoteErrors.GATEWAY_UNREACHABLE({ place: 'the socket', reason: 'it sent more than any gateway sends' })
}
