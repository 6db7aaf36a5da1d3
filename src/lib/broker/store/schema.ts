/** What the file is made of; one entry for each version, run in order. An entry that was released is never changed. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secretHash TEXT NOT NULL UNIQUE,
    maxLeases INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    revokedAt INTEGER
  ) STRICT;
  -- One row for each name that was ever given out. It stays for ever: a name is never another gateway's.
  CREATE TABLE leases (
    subdomain TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    publicKey TEXT NOT NULL,
    gatewayId TEXT NOT NULL,
    keyId TEXT NOT NULL REFERENCES keys (id),
    tokenHash TEXT NOT NULL,
    priorTokenHash TEXT,
    authHash TEXT NOT NULL UNIQUE,
    platform TEXT NOT NULL,
    gatewayVersion TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    registeredAt INTEGER NOT NULL,
    expiresAt INTEGER NOT NULL,
    heartbeatAt INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'released', 'revoked')),
    endedAt INTEGER
  ) STRICT;
  CREATE INDEX leasesOfGateway ON leases (publicKey);
  CREATE INDEX leasesOfKey ON leases (keyId, state);
  CREATE TABLE nonces (nonce TEXT PRIMARY KEY, expiresAt INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX noncesByAge ON nonces (expiresAt);
  `,
]
