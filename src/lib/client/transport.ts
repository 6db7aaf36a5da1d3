/** One request to a gateway. */
export interface TransportRequest {
  method: string
  /** Path with query, as on the request line. */
  path: string
  /** Sent as JSON where present. */
  body?: unknown
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
  /** Milliseconds until the reply's head must be there. A transport has its own default. */
  timeoutMs?: number
}

/** A reply whose body was not read yet. One of `json` and `lines` may be used, once. */
export interface TransportReply {
  status: number
  /** Value of a reply header, or null. */
  headers(name: string): string | null
  /** The body parsed; rejects with SyntaxError where it is not JSON. */
  json(): Promise<unknown>
  /** The body line by line, without line ends. */
  lines(): AsyncIterable<string>
}

/** How a client reaches its gateway: a unix socket, fetch in the page, an ssh forward. Rejects where no reply came. */
export type Transport = (request: TransportRequest) => Promise<TransportReply>
