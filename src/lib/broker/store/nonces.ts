import type { DatabaseSync } from 'node:sqlite'

/** What was signed once and must not be shown again, also not after a restart. */
export interface NonceTable {
  /** False where it was shown before; `full` where too many are remembered. */
  use(nonce: string, expiresAt: number, now: number): boolean | 'full'
}

/** Each is gone with its registration, after two minutes or four, so this is never reached by who keeps to the limits. */
const MOST = 100_000

/** The table, with its statements prepared. */
export function createNonceTable(db: DatabaseSync): NonceTable {
  const forget = db.prepare('DELETE FROM nonces WHERE expiresAt < ?')
  const count = db.prepare('SELECT count(*) AS count FROM nonces')
  const add = db.prepare('INSERT OR IGNORE INTO nonces (nonce, expiresAt) VALUES (?, ?)')
  return {
    use(nonce, expiresAt, now) {
      forget.run(now)
      if (Number(count.get()?.['count']) >= MOST) return 'full'
      return add.run(nonce, expiresAt).changes === 1
    },
  }
}
