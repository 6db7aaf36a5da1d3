import type { Config } from '../../config/schema.ts'
import type { IngressId, Status } from '../../protocol/http-api.ts'
import { withoutDefaultPort } from '../../protocol/authority.ts'

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
  /** `gateway.corsOrigins`, without what no page may be (`null`, `*`, `file://`). */
  cors(): ReadonlySet<string>
  /** The authority of an https `publicUrl`, or null: who comes by it came over https, although no trusted proxy said so. */
  publicHost(): string | null
}

type Listening = readonly Status['ingress'][number][]

/** Names from where the ingresses listen, this computer's name and `publicUrl`; worked out anew only when `config` or `ingresses` gives another object. */
export function createNames(given: {
  config: () => Config
  /** What each ingress listens on now: authorities as in `IngressAddress`; `Ingresses.list`. */
  ingresses: () => Listening
  hostName: string
}): Names {
  let config: Config | undefined
  let listening: Listening | undefined
  let names = new Map<IngressId, OwnNames>()
  let cors: ReadonlySet<string> = new Set()
  let publicHost: string | null = null

  function refresh(): void {
    if (config === given.config() && listening === given.ingresses()) return
    config = given.config()
    listening = given.ingresses()
    const { publicUrl, corsOrigins } = config.gateway
    names = new Map(
      listening.map(({ id, addresses, origins }) => [
        id,
        origins === undefined ? ownNames(id, addresses, given.hostName, publicUrl) : namesOf(origins),
      ]),
    )
    cors = new Set(corsOrigins.filter((origin) => origin !== 'null' && origin !== '*' && !origin.startsWith('file:')))
    publicHost = publicUrl?.startsWith('https:') ? new URL(publicUrl).host : null
  }

  return {
    of(ingress) {
      refresh()
      return names.get(ingress) ?? NO_NAMES
    },
    cors() {
      refresh()
      return cors
    },
    publicHost() {
      refresh()
      return publicHost
    },
  }
}

const NO_NAMES: OwnNames = { hosts: new Set(), origins: new Set() }

/** A door that only a proxy of ours leads to has its names and no other: who dials the door itself has no business there. */
function namesOf(origins: readonly string[]): OwnNames {
  return { hosts: new Set(origins.map((origin) => new URL(origin).host)), origins: new Set(origins) }
}

/** The names of an ingress that listens at these authorities. */
export function ownNames(ingress: IngressId, addresses: readonly string[], hostName: string, publicUrl?: string): OwnNames {
  if (ingress === 'control') return { hosts: new Set(['localhost']), origins: new Set() }
  const listened = ingress === 'proxy' ? [] : addresses
  const ports = new Set(listened.map((authority) => authority.slice(authority.lastIndexOf(':'))))
  const called = ingress === 'local' ? ['localhost'] : ingress === 'lan' ? [`${firstLabel(hostName)}.local`] : []
  const spoken = called.flatMap((name) => [...ports].map((port) => name + port))
  const hosts = [...listened, ...spoken].map((host) => withoutDefaultPort(host, 'http'))
  const origins = hosts.map((host) => `http://${host}`)
  if (publicUrl === undefined) return { hosts: new Set(hosts), origins: new Set(origins) }
  // A proxy of the user's own leads here, so its name is a name of every door that it may use.
  const { host, hostname, origin } = new URL(publicUrl)
  // Without its port, too: so it comes through proxies that leave the port out of Host.
  return { hosts: new Set([...hosts, host, hostname]), origins: new Set([...origins, origin]) }
}

function firstLabel(hostName: string): string {
  return (hostName.split('.')[0] ?? hostName).toLowerCase()
}
