import { hideUserinfo, readUpstream } from '../../config/upstream-url.ts'

/** Where the app is, taken apart. */
export interface UpstreamTarget {
  /** `http://127.0.0.1:3000`; `http://localhost` for a socket. */
  origin: string
  /** What the app gets as Host: its own name, as if it were called directly. */
  host: string
  secure: boolean
  socketPath: string | null
  /** The userinfo as a Basic credential. */
  basic: string | null
  /** For messages: without userinfo. */
  shown: string
}

/** Reads `gateway.upstream.url`. Throws `UPSTREAM_INVALID` and kin, which the configuration has refused already. */
export function upstreamTarget(url: string): UpstreamTarget {
  const verdict = readUpstream(url)
  if (!verdict.ok) throw verdict.error
  const { origin, socketPath, authorization } = verdict.address
  const { host, protocol } = new URL(origin)
  return { origin, host, secure: protocol === 'https:', socketPath, basic: authorization, shown: hideUserinfo(url) }
}
