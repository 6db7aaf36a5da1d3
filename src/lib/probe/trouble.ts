/** What kept a connection or a request from getting its answer. */
export interface Trouble {
  kind:
    | 'timeout'
    | 'refused'
    /** This computer has no way there: no IPv6, no network. */
    | 'noRoute'
    /** Closed or reset before the answer was complete. */
    | 'cut'
    /** What answered speaks no HTTP. */
    | 'notHttp'
    /** What answered a plain request speaks TLS. */
    | 'speaksTls'
    /** What answered a TLS handshake speaks no TLS. */
    | 'noTls'
    /** The server wants a certificate of the client. */
    | 'wantsCertificate'
    | 'tls'
    | 'other'
  /** Node's or the system's code, `ECONNREFUSED`. */
  code: string
}

const kinds: readonly [pattern: RegExp, kind: Trouble['kind']][] = [
  [/^(ABORT_ERR|ETIMEDOUT|TimeoutError|AbortError)$/, 'timeout'],
  [/^ECONNREFUSED$/, 'refused'],
  [/^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT|EINVAL|ENETDOWN|EACCES|EPERM)$/, 'noRoute'],
  [/^(ECONNRESET|EPIPE|ECONNABORTED)$/, 'cut'],
  [/^HPE_/, 'notHttp'],
  [/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|RECORD_LAYER_FAILURE)$/, 'noTls'],
  [/^ERR_SSL_.*(CERTIFICATE_REQUIRED|SSLV3_ALERT_BAD_CERTIFICATE)$/, 'wantsCertificate'],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_)/, 'tls'],
]

/** First byte of a TLS record that carries an alert (RFC 8446, 5.1): how a TLS server answers what is no TLS. */
const TLS_ALERT = 0x15

/** Reads what went wrong from an error of node's sockets, TLS or HTTP. Pure; throws nothing. */
export function troubleOf(error: unknown): Trouble {
  const code = codeOf(error)
  const kind = kinds.find(([pattern]) => pattern.test(code))?.[1] ?? 'other'
  return { kind: kind === 'notHttp' && firstByte(error) === TLS_ALERT ? 'speaksTls' : kind, code }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  // The reason of a deadline is a DOMException, whose `code` is a number of old.
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** node:http keeps what it could not read as `rawPacket`. */
function firstByte(error: unknown): number | undefined {
  const packet: unknown = error instanceof Error && 'rawPacket' in error ? error.rawPacket : undefined
  return packet instanceof Uint8Array ? packet[0] : undefined
}
