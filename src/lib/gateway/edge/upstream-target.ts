/** Where the app is, taken apart. */
export interface UpstreamTarget {
  /** `http://127.0.0.1:3000`; `http://localhost` for a socket. */
  origin: string
  /** What the app gets as Host. */
  host: string
  secure: boolean
  socketPath: string | null
  /** The userinfo as a Basic credential. */
  basic: string | null
  /** A path that is put before every path; empty for none. */
  prefix: string
  /** For messages: without userinfo. */
  shown: string
}

/** Reads `gateway.upstream.url`: `http://…`, `https://…` or `unix:/path/to.sock`. The configuration's schema has refused anything else. */
export function upstreamTarget(url: string): UpstreamTarget {
  if (url.startsWith('unix:')) {
    const socketPath = url.slice('unix:'.length).replace(/^\/\/(?=\/)/, '')
    return { origin: 'http://localhost', host: 'localhost', secure: false, socketPath, basic: null, prefix: '', shown: `unix:${socketPath}` }
  }
  const { origin, host, protocol, username, password, pathname } = new URL(url)
  const prefix = pathname.replace(/\/$/, '')
  return { origin, host, secure: protocol === 'https:', socketPath: null, basic: basicOf(username, password), prefix, shown: origin + prefix }
}

function basicOf(username: string, password: string): string | null {
  if (username === '' && password === '') return null
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(plain).toString('base64')}`
}
