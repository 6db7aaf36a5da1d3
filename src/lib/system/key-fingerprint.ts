import { hash } from 'node:crypto'

/** A public key (raw bytes, base64url) as people compare it: `SHA256:` and its digest in base64 without padding, as ssh writes it. Pure. */
export function keyFingerprint(publicKey: string): string {
  return `SHA256:${hash('sha256', Buffer.from(publicKey, 'base64url'), 'base64').replace(/=+$/, '')}`
}
