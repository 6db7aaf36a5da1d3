/** What a line of frpc tells. */
export interface FrpcEvent {
  /**
   * `connecting`, then `logged-in` and `serving`, or why not: `unreachable` (no connection), `tls` (its certificate is not believed), `login-refused`
   * and `proxy-refused` (the server said no), `lost` (it was connected). `local`: a visitor came, and our own socket did not answer.
   */
  kind: 'connecting' | 'logged-in' | 'serving' | 'unreachable' | 'tls' | 'login-refused' | 'proxy-refused' | 'lost' | 'local'
  /** In frpc's words; empty where there is nothing to say. From outside: clean it before it is shown. */
  reason: string
  /** The word that our broker's plugin puts first: `auth` will never work, `busy` may later, `refused` is neither. Null for words of frps or frpc. */
  word: 'auth' | 'refused' | 'busy' | null
}

/** What frpc says, as patterns; the first group is the reason. Recorded from 0.71.0 (test/fixtures/frpc). */
const patterns: readonly [RegExp, FrpcEvent['kind']][] = [
  [/^try to connect to server\.\.\.()$/, 'connecting'],
  [/^login to server success, get run id ()/, 'logged-in'],
  [/^(?:\[[^\]]*\] )*start proxy success()$/, 'serving'],
  [/^(?:\[[^\]]*\] )*start error: (.*)$/, 'proxy-refused'],
  [/^(heartbeat timeout)$/, 'lost'],
  [/^pong message contains error: (.*)$/, 'lost'],
  [/^StartWorkConn contains error: (.*)$/, 'lost'],
  [/^dial to uds .* error: (.*)$/, 'local'],
]

/** What stands before the text: time, level, place in the source, and the run's id once there is one. */
const prefix = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[[TDIWE]\] \[[^\]]*\] (?:\[[0-9a-f]{16}\] )?/

/** What one line of frpc's output tells; null for a line that tells nothing. Pure. */
export function frpcEvent(line: string): FrpcEvent | null {
  if (!prefix.test(line)) return null
  const text = line.replace(prefix, '').trimEnd()
  const failed = /^connect to server error: (.*)$/.exec(text)?.[1]
  if (failed !== undefined) return told(failureKind(failed), failed)
  for (const [pattern, kind] of patterns) {
    const reason = pattern.exec(text)?.[1]
    if (reason !== undefined) return told(kind, reason)
  }
  return null
}

function told(kind: FrpcEvent['kind'], reason: string): FrpcEvent {
  const word = /^xopc:(auth|refused|busy)\b/.exec(reason)?.[1] ?? null
  // `as`: the pattern has these three.
  return { kind, reason, word: word as FrpcEvent['word'] }
}

/** One message of frpc for all that can go wrong until it is logged in: errors of Go's network and TLS, or whatever the server answered. */
function failureKind(reason: string): 'tls' | 'unreachable' | 'login-refused' {
  if (/^(?:remote error: )?tls: |x509: /.test(reason)) return 'tls'
  const network =
    /^(?:dial |lookup |read (?:tcp|udp)|write (?:tcp|udp)|proxyconnect |EOF$|unexpected EOF$|session shutdown|i\/o (?:timeout|deadline)|connection (?:reset|write timeout)|keepalive timeout|stream (?:closed|reset)|timeout$|context )/
  return network.test(reason) ? 'unreachable' : 'login-refused'
}
