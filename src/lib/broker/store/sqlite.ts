import type { DatabaseSync } from 'node:sqlite'
import { createExclusive } from '../../system/files.ts'
import { brokerErrors } from '../errors.ts'
import { createKeyTable, type KeyTable } from './keys.ts'
import { createLeaseTable, type LeaseTable } from './leases.ts'
import { createNonceTable, type NonceTable } from './nonces.ts'
import { migrations } from './schema.ts'

/** The broker's file: names, leases, registration keys. Every call is done when it returns. */
export interface Store {
  readonly keys: KeyTable
  readonly leases: LeaseTable
  readonly nonces: NonceTable
  /** Changes when another program changed the file. */
  version(): number
  /** All of `work`, or nothing of it where it throws. */
  atOnce<Result>(work: () => Result): Result
  close(): void
}

/** Opens it, made (0600) or brought to this version where needed. Throws `BROKER_STORE_BROKEN`, `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export async function openStore(path: string): Promise<Store> {
  // Loaded only here: nobody but a broker needs it.
  const { DatabaseSync } = await import('node:sqlite')
  await createExclusive(path, '')
  try {
    return storeOn(new DatabaseSync(path))
  } catch (error) {
    throw brokerErrors.BROKER_STORE_BROKEN({ path, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}

function storeOn(db: DatabaseSync): Store {
  // WAL: the command line reads and revokes while the broker writes.
  db.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  migrate(db)
  const version = db.prepare('PRAGMA data_version')
  return {
    keys: createKeyTable(db),
    leases: createLeaseTable(db),
    nonces: createNonceTable(db),
    version: () => numberIn(version.get()),
    atOnce: (work) => atOnce(db, work),
    close: () => db.close(),
  }
}

function migrate(db: DatabaseSync): void {
  atOnce(db, () => {
    const version = numberIn(db.prepare('PRAGMA user_version').get())
    if (version > migrations.length) throw new Error(`it was written by a newer xopc (format ${version})`)
    for (const text of migrations.slice(version)) db.exec(text)
    db.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

function atOnce<Result>(db: DatabaseSync, work: () => Result): Result {
  // A transaction that begins by reading could not become a writing one while another program writes.
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

/** The only value of a row. */
function numberIn(row: Record<string, unknown> | undefined): number {
  return Number(Object.values(row ?? {})[0])
}
