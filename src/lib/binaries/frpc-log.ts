/** What a line of frpc tells. */
export interface FrpcEvent {
  /**
   * `connecting`, then `logged-in` and `serving`, or why not: `unreachable` (nothing there, or no frp server), `tls` (its certificate is not believed),
   * `login-refused` and `proxy-refused` (the server said no), `cut-off` (the connection ended without a word; where there was one, an event before
   * this one told it). `lost`: what was connected is not any more. `local`: a visitor came, and our own socket did not answer.
   */
  kind: 'connecting' | 'logged-in' | 'serving' | 'unreachable' | 'tls' | 'login-refused' | 'proxy-refused' | 'cut-off' | 'lost' | 'local'
  /** In frpc's words, or the server's; empty where there is nothing to say. From outside: clean it before it is shown. */
  reason: string
  /** The word that our broker's plugin puts first: `auth` will never work, `busy` may later, `refused` is neither. Null for words of frps or frpc. */
  word: FrpcWord | null
}

/** See `FrpcEvent`. */
export type FrpcWord = (typeof words)[number]
const words = ['auth', 'refused', 'busy'] as const

/** What stands before the text: time, level, place in the source, and once there is one the run's id; then the name of the proxy. */
const prefix = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[[TDIWE]\] \[[\w./:]+\] (?:\[[0-9a-f]{16}\] )?(?:\[[\w-]+\] )?/
/** What the multiplexer of frp puts before its own: time and level. */
const muxPrefix = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[A-Z]+\] yamux: /

/** What frpc says; the group is the reason. Recorded from 0.71.0 (test/fixtures/frpc). What concerns one visitor alone is no event. */
const said: readonly [RegExp, FrpcEvent['kind']][] = [
  [/^try to connect to server\.\.\.()$/, 'connecting'],
  [/^login to server success, get run id ()/, 'logged-in'],
  [/^start proxy success()$/, 'serving'],
  [/^start error: (.*)$/, 'proxy-refused'],
  [/^(heartbeat timeout)$/, 'lost'],
  [/^pong message contains error: (.*)$/, 'lost'],
  [/^dial to uds .* error: (.*)$/, 'local'],
]

/** What its multiplexer says; the session is over after each of these. */
const muxSaid: readonly [RegExp, FrpcEvent['kind']][] = [
  [/^Failed to (?:read|write) (?:header|body): ((?:remote error: )?(?:tls|x509): .*)$/, 'tls'],
  [/^Failed to (?:read|write) (?:header|body): (.*)$/, 'lost'],
  [/^(keepalive failed: .*)$/, 'lost'],
  [/^(Invalid protocol version: .*)$/, 'unreachable'],
]

/**
 * frpc has one message for all that can go wrong until it is logged in: errors of Go's network and TLS, and whatever the server answered. The first
 * that fits counts; what fits none is the server's.
 */
const failures: readonly [RegExp, FrpcEvent['kind']][] = [
  [/^xopc:/, 'login-refused'],
  // `open`: the file of authorities cannot be read.
  [/^(?:remote error: )?(?:tls|x509): |^open /, 'tls'],
  [/^(?:session shutdown|EOF|unexpected EOF|stream (?:closed|reset))$/, 'cut-off'],
  [/^(?:dial|lookup|read|write|context) |^(?:i\/o|connection write|keepalive|timeout)\b/, 'unreachable'],
  [/^/, 'login-refused'],
]

/** What one line of frpc's output tells; null for a line that tells nothing. Pure. */
export function frpcEvent(line: string): FrpcEvent | null {
  if (!prefix.test(line)) return null
  const text = line.replace(prefix, '').trimEnd()
  const failure = /^connect to server error: (.*)$/.exec(text)?.[1]
  if (failure !== undefined) return told(failures.find(([pattern]) => pattern.test(failure))?.[1] ?? 'login-refused', failure)
  const [patterns, message] = muxPrefix.test(text) ? [muxSaid, text.replace(muxPrefix, '')] : [said, text]
  for (const [pattern, kind] of patterns) {
    const reason = pattern.exec(message)?.[1]
    if (reason !== undefined) return told(kind, reason)
  }
  return null
}

function told(kind: FrpcEvent['kind'], reason: string): FrpcEvent {
  return { kind, reason, word: words.find((word) => new RegExp(`^xopc:${word}\\b`).test(reason)) ?? null }
}
