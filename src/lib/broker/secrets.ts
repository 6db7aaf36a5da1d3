import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What is handed out: `rk` a registration key, `tt` a tunnel's token, `fa` what its frpc shows. */
export type SecretKind = 'rk' | 'tt' | 'fa'

/** A new secret: 192 random bits behind a word that logs know. */
export function newSecret(kind: SecretKind): string {
  return `xopc_${kind}_${randomBytes(24).toString('hex')}`
}

/** What is kept of a secret, hex. They are random, so a fast digest is enough. Pure. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Whether it is the secret of that hash, in constant time. Pure. */
export function matches(secret: string, hash: string | null): boolean {
  return hash !== null && timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(hash))
}
