import type { DatabaseSync } from 'node:sqlite'

/** A name and whose it is. Times are milliseconds since the epoch; hashes are SHA-256, hex. */
export type LeaseRow = {
  subdomain: string
  /** The tunnel's id; stays with the name. */
  id: string
  /** Raw 32 bytes, base64url: this gateway's for ever. */
  publicKey: string
  gatewayId: string
  /** The registration key by which it came last. */
  keyId: string
  tokenHash: string
  /** Of the run before, which was replaced. */
  priorTokenHash: string | null
  /** Of what frpc shows. */
  authHash: string
  platform: string
  gatewayVersion: string
  createdAt: number
  registeredAt: number
  expiresAt: number
  /** 0: never. */
  heartbeatAt: number
  /** `released` and `revoked` are for ever. */
  state: 'held' | 'released' | 'revoked'
  endedAt: number | null
}

/** Leases in the file. */
export interface LeaseTable {
  /** Puts it in its place: a new name, or the same one anew. */
  save(row: LeaseRow): void
  byName(subdomain: string): LeaseRow | null
  byId(id: string): LeaseRow | null
  /** The names that a gateway holds, the one that it registered last first; also those whose registration key was revoked. */
  heldBy(publicKey: string): LeaseRow[]
  /** Every name that may be used: not given back or revoked, by a registration key that is good, of a gateway that was not thrown out. */
  held(): LeaseRow[]
  all(): LeaseRow[]
  /** Whether a gateway was thrown out: one of its leases was revoked. */
  isBarred(publicKey: string): boolean
  /** Names that came by a registration key and are held. */
  countOfKey(keyId: string): number
  end(id: string, state: 'released' | 'revoked', at: number): boolean
  /** Only what heartbeats change. */
  beat(row: Pick<LeaseRow, 'id' | 'heartbeatAt' | 'expiresAt'>): void
}

const names =
  `subdomain id publicKey gatewayId keyId tokenHash priorTokenHash authHash platform gatewayVersion createdAt registeredAt expiresAt heartbeatAt state endedAt`.split(
    ' ',
  )
const COLUMNS = names.join(', ')

/** The table, with its statements prepared. */
export function createLeaseTable(db: DatabaseSync): LeaseTable {
  const save = db.prepare(`INSERT OR REPLACE INTO leases (${COLUMNS}) VALUES (${names.map((name) => `:${name}`).join(', ')})`)
  const byName = db.prepare(`SELECT ${COLUMNS} FROM leases WHERE subdomain = ?`)
  const byId = db.prepare(`SELECT ${COLUMNS} FROM leases WHERE id = ?`)
  const heldBy = db.prepare(`SELECT ${COLUMNS} FROM leases WHERE publicKey = ? AND state = 'held' ORDER BY registeredAt DESC`)
  const held = db.prepare(
    `SELECT ${COLUMNS} FROM leases WHERE state = 'held' AND keyId IN (SELECT keys.id FROM keys WHERE revokedAt IS NULL)
       AND publicKey NOT IN (SELECT publicKey FROM leases WHERE state = 'revoked')`,
  )
  const all = db.prepare(`SELECT ${COLUMNS} FROM leases ORDER BY createdAt, subdomain`)
  const barred = db.prepare(`SELECT 1 FROM leases WHERE publicKey = ? AND state = 'revoked' LIMIT 1`)
  const count = db.prepare(`SELECT count(*) AS count FROM leases WHERE keyId = ? AND state = 'held'`)
  const end = db.prepare(`UPDATE leases SET state = ?, endedAt = ? WHERE id = ? AND state = 'held'`)
  const beat = db.prepare('UPDATE leases SET heartbeatAt = ?, expiresAt = ? WHERE id = ?')
  return {
    save: (row) => void save.run({ ...row }),
    // `as`: the columns of a STRICT table are exactly these.
    byName: (subdomain) => (byName.get(subdomain) ?? null) as LeaseRow | null,
    byId: (id) => (byId.get(id) ?? null) as LeaseRow | null,
    heldBy: (publicKey) => heldBy.all(publicKey) as LeaseRow[],
    held: () => held.all() as LeaseRow[],
    all: () => all.all() as LeaseRow[],
    isBarred: (publicKey) => barred.get(publicKey) !== undefined,
    countOfKey: (keyId) => Number(count.get(keyId)?.['count']),
    end: (id, state, at) => end.run(state, at, id).changes === 1,
    beat: ({ id, heartbeatAt, expiresAt }) => void beat.run(heartbeatAt, expiresAt, id),
  }
}
