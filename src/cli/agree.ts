import type { Consent } from '../lib/protocol/consent.ts'
import { askYes } from './ask-yes.ts'

/** Says what strangers will be able to do, and asks at the terminal whether that is meant. Everything is on stderr. */
export async function agreeTo({ title, sentences }: Consent): Promise<boolean> {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`)
  return await askYes(title)
}
