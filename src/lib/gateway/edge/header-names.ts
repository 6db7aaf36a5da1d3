/** A header's name as it is compared where CGI-like apps must not be fooled: lower case, every other character as `-`. They cannot tell `X_Xopc_User` from `X-Xopc-User`. */
export function dashedName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')
}

/** Values of `Connection` that name no other header. */
const usual: ReadonlySet<string> = new Set(['keep-alive', 'close', 'upgrade', 'keep-alive, upgrade', 'upgrade, keep-alive', ''])

/** Names (see `dashedName`) of headers that `Connection` declares to end at this hop (RFC 9110, 7.6.1); null where there are none. */
export function namedBy(connection: string | undefined): ReadonlySet<string> | null {
  if (connection === undefined || usual.has(connection.toLowerCase())) return null
  return new Set(connection.split(',').map((name) => dashedName(name.trim())))
}
