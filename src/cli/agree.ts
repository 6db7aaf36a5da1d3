import type { Consent } from '../lib/protocol/consent.ts'
import { askYes } from './ask-yes.ts'
import { wrap } from './render/wrap.ts'

/** Says what strangers will be able to do, and asks at the terminal whether that is meant. Everything is on stderr. */
export async function agreeTo({ title, sentences }: Consent): Promise<boolean> {
  const columns = Math.min(process.stderr.columns ?? 100, 100)
  for (const line of sentences.flatMap((sentence) => wrap('- ', sentence, columns))) process.stderr.write(`${line}\n`)
  return await askYes(title)
}
