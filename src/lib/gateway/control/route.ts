import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { Scope } from '../../protocol/http-api.ts'
import type { Exchange } from '../edge/exchange.ts'
import type { ControlContext } from './context.ts'

/** Who may use a route: holders of a scope, the holder of a browser session, a probe ticket (or admin), or anyone (`none`). */
export type Access = Scope | 'none' | 'session' | 'probe'

/** A request as a handler sees it: judged, its body and query parsed. */
export interface Call<Body, Query> {
  readonly exchange: Exchange
  readonly body: Body
  readonly query: Query
  /** Values of `:name` in the path. */
  readonly params: Readonly<Record<string, string>>
  readonly request: IncomingMessage
  /** Aborts when the client is gone or the gateway stops. */
  readonly signal: AbortSignal
  /** Status of the reply; 200 unless it is called. */
  status(code: number): void
  header(name: string, value: string): void
  /** Takes the reply out of the framework's hands: for streams. What the handler returns is then ignored. */
  hijack(): ServerResponse
}

/** One route of the API, as data: registered, documented and tested from the same row. */
export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly scope: Access
  /** One sentence for docs/api.md. */
  readonly about: string
  /** Answered under any Host: it tells and changes nothing that a rebinding page could use. */
  readonly anyHost?: boolean
  /** Takes a credential in its body: a malformed one counts like a wrong one. */
  readonly takesCredential?: boolean
  readonly body?: z.ZodType
  readonly query?: z.ZodType
  /** The reply in JSON; absent where it is a stream or text. */
  readonly reply?: z.ZodType
  /** Media type of a reply that is not JSON. */
  readonly produces?: string
  /** Codes that this route answers besides those that every route may answer. */
  readonly codes?: readonly string[]
  readonly handle: (call: Call<unknown, unknown>, context: ControlContext) => unknown
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** Types a row of the table: the handler sees its body and query as their schemas give them. */
export function route<Body extends z.ZodType | undefined = undefined, Query extends z.ZodType | undefined = undefined>(
  row: Omit<ControlRoute, 'body' | 'query' | 'handle'> & {
    readonly body?: Body
    readonly query?: Query
    readonly handle: (call: Call<Parsed<Body>, Parsed<Query>>, context: ControlContext) => unknown
  },
): ControlRoute {
  // app.ts parses with the row's own schemas before it calls the handler, so the handler's narrower parameter is what it gets.
  return row as unknown as ControlRoute
}
