/** A cookie of ours: its name on plain http, and on https, where `__Host-` makes browsers refuse it to plain http and to neighbours on the same domain. */
export interface CookieNames {
  readonly plain: string
  readonly secure: `__Host-${string}`
}

/** A whole `Set-Cookie` value that no script can read. `maxAge` in seconds; 0 takes the cookie out of the browser. */
export function writeCookie(names: CookieNames, value: string, { secure, maxAge }: { secure: boolean; maxAge: number }): string {
  const common = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}`
  return secure ? `${names.secure}=${value}; ${common}; Secure` : `${names.plain}=${value}; ${common}`
}

/** Values of a cookie in a `Cookie` header, four at most: a page of the app may have set one of our names on another path. */
export function readCookies(names: CookieNames, header: string): { value: string; secure: boolean }[] {
  const found = []
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    if (name === names.plain || name === names.secure) found.push({ value: pair.slice(at + 1).trim(), secure: name === names.secure })
    if (found.length === 4) break
  }
  return found
}
