import type { IngressId } from '../../protocol/http-api.ts'
import type { Config } from '../../config/schema.ts'

/** The names of one ingress. */
export interface OwnNames {
  /** As a browser sends them in Host: lower-case, default port dropped. */
  readonly hosts: ReadonlySet<string>
  /** As a browser sends them in Origin. */
  readonly origins: ReadonlySet<string>
}

/** Which names each ingress answers to. */
export interface Names {
  of(ingress: IngressId): OwnNames
}

/** Names from where the ingresses listen, this computer's name and `publicUrl`; worked out anew only when one of them changed. */
export declare function createNames(given: {
  config: () => Config
  /** What each ingress listens on now: authorities as in `IngressAddress`. */
  ingresses: () => readonly { id: IngressId; addresses: readonly string[] }[]
  hostName: string
}): Names
