import type { DatabaseSync } from 'node:sqlite'

/** What lets gateways register; the secret itself is nowhere. Times are milliseconds since the epoch. */
export type RegistrationKey = {
  id: string
  name: string
  /** SHA-256, hex. */
  secretHash: string
  /** So many names may be held by it. */
  maxLeases: number
  createdAt: number
  revokedAt: number | null
}

/** Registration keys in the file. */
export interface KeyTable {
  /** Throws where the id or the secret is there already. */
  add(key: RegistrationKey): void
  bySecret(secretHash: string): RegistrationKey | null
  all(): RegistrationKey[]
  /** False where there is none of this id that is not revoked. */
  revoke(id: string, at: number): boolean
  /** Takes a revocation back; only for the key that everybody knows. */
  restore(id: string): void
}

const COLUMNS = 'id, name, secretHash, maxLeases, createdAt, revokedAt'

/** The table, with its statements prepared. */
export function createKeyTable(db: DatabaseSync): KeyTable {
  const add = db.prepare(`INSERT INTO keys (${COLUMNS}) VALUES (:id, :name, :secretHash, :maxLeases, :createdAt, :revokedAt)`)
  const bySecret = db.prepare(`SELECT ${COLUMNS} FROM keys WHERE secretHash = ?`)
  const all = db.prepare(`SELECT ${COLUMNS} FROM keys ORDER BY createdAt, id`)
  const revoke = db.prepare('UPDATE keys SET revokedAt = ? WHERE id = ? AND revokedAt IS NULL')
  const restore = db.prepare('UPDATE keys SET revokedAt = NULL WHERE id = ?')
  return {
    add: (key) => void add.run({ ...key }),
    // `as`: the columns of a STRICT table are exactly these.
    bySecret: (secretHash) => (bySecret.get(secretHash) ?? null) as RegistrationKey | null,
    all: () => all.all() as RegistrationKey[],
    revoke: (id, at) => revoke.run(at, id).changes === 1,
    restore: (id) => void restore.run(id),
  }
}
