import type { TicketUse } from '../../identity/tickets.ts'
import type { IngressId, Scope } from '../../protocol/http-api.ts'

/** Who a request acts for, as far as its credentials prove it. */
export interface Principal {
  /** `owner`: the owner's credential or the control socket; `session`: a browser's cookie of the owner; `device`: something that was paired; `sso`: a user that a trusted proxy names; `ticket`: one use; `anonymous`: nothing proven. */
  kind: 'owner' | 'session' | 'device' | 'sso' | 'ticket' | 'local' | 'anonymous'
  /** For logs, limits and `X-Xopc-User`: `owner`, `session:<id>`, `device:<id>`, `sso:<percent-encoded user>`, `local`, `probe`, `anonymous`. Never a secret. */
  id: string
  scopes: ReadonlySet<Scope>
  /** The session behind a `session` principal, for `sessions.end`. */
  session?: string
  /** The device behind a `device` principal, or behind the ticket that it asked for. */
  device?: string
  /** What a `ticket` principal's ticket is for; a probe ticket carries no scope at all. */
  ticket?: TicketUse
  /** An `anonymous` one who came through a trusted proxy that named nobody. */
  unnamed?: true
}

/** How a request came, judged once at the edge. Nothing behind the edge looks at the raw headers for it again. */
export interface Exchange {
  readonly ingress: IngressId
  /** Address of the TCP peer; null on a unix socket. */
  readonly peer: string | null
  /** The client's address for limits and logs: the peer, or what a trusted proxy said of it. */
  readonly client: string
  /** The request carried Forwarded, X-Forwarded-* or Via: it is not local, whoever the peer is. */
  readonly proxied: boolean
  /** The peer is one whose X-Forwarded-* are believed. */
  readonly trustedPeer: boolean
  /** X-Forwarded-For as received, for the probe route; believed only where `peer` is trusted. */
  readonly forwardedFor: readonly string[]
  readonly proto: 'http' | 'https'
  /** Host as judged, lower-cased, default port dropped. */
  readonly host: string
  /** As in `AskedHost`. */
  readonly anyPort: boolean
  /** Host is one of this ingress's own names, a living session's or a living device's; where pairing is done, also a waiting code's. */
  readonly knownHost: boolean
  /** Origin as the browser sent it; null where there was none (not a browser, or a plain navigation). Foreign ones were refused already, except on POST /api/session, where only its authority equals Host. */
  readonly origin: string | null
  /** The request's target as it came, tickets cut out; `req.url` itself is what Control routes by (control-port.ts). */
  readonly target: string
  /** The 401 code of a route that needs more than an anonymous principal. */
  readonly unproven: 'missing_token' | 'auth_unconfigured'
  readonly principal: Principal
}
