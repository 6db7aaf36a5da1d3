import type { IngressAddress, IngressPlace } from '../../access/access-method.ts'
import { XopcError } from '../../errors/error.ts'
import type { IngressId, Status } from '../../protocol/http-api.ts'
import type { Log } from '../../system/log.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { createInTurn } from '../../system/in-turn.ts'
import { type PortOwner, portOwner } from '../../system/port-owner.ts'
import type { Connections } from './connections.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { edgeErrors } from './errors.ts'
import { type Listener, type ListenerPlace, openListener } from './listener.ts'

/** The gateway's listeners, each belonging to one ingress. */
export interface Ingresses {
  /** Opens the door, or moves it: addresses that stay keep their listeners and connections. Port 0 takes a free one (the same for every host). Throws `PORT_IN_USE`, `PORT_NOT_PERMITTED`, `ADDRESS_NOT_AVAILABLE`, `SOCKET_REFUSED`. */
  open(id: IngressId, place: IngressPlace): Promise<IngressAddress>
  /** Ends the listeners and every connection that came through them. */
  close(id: IngressId): Promise<void>
  /** Every open door; the same array until one of them changes. */
  list(): Status['ingress']
  /** Closes all doors. */
  stop(): Promise<void>
}

type Door = Map<string, Listener>
interface Spot {
  key: string
  place: ListenerPlace
}

/** The listeners, none open yet. */
export function createIngresses(given: { keeper: Doorkeeper; connections: Connections; log: Log }): Ingresses {
  const { keeper, connections, log } = given
  const doors = new Map<IngressId, Door>()
  const origins = new Map<IngressId, readonly string[]>()
  // Listeners that gave way to another port of the same host, with streams still open.
  const retired = new Map<IngressId, Listener[]>()
  let listed: Status['ingress'] = []
  // One change at a time, so that two of them cannot open the same address twice.
  const inTurn = createInTurn()

  function relist(): void {
    listed = [...doors].map(([id, door]) => ({
      id,
      addresses: [...door.values()].map(({ authority }) => authority),
      ...(origins.has(id) ? { origins: [...(origins.get(id) ?? [])] } : {}),
    }))
  }

  async function move(id: IngressId, spots: Spot[], known: readonly string[]): Promise<Door> {
    const before: Door = doors.get(id) ?? new Map()
    const opened: Door = new Map()
    try {
      for (const { key, place } of spots) {
        const kept = before.get(key)
        const listener = kept ?? (await openAt(id, withPort(place, opened)))
        if (listener) opened.set(key, listener)
      }
    } catch (error) {
      await Promise.all([...opened].filter(([key]) => !before.has(key)).map(([, listener]) => listener.close()))
      throw error
    }
    doors.set(id, opened)
    if (known.length > 0) origins.set(id, known)
    else origins.delete(id)
    relist()
    await leave(
      id,
      [...before].filter(([key]) => !opened.has(key)).map(([, listener]) => listener),
      spots,
    )
    log.info('door open', { ingress: id, addresses: [...opened.values()].map(({ authority }) => authority) })
    return opened
  }

  /** A host that only got another port keeps its streams; a host that the door left does not. */
  async function leave(id: IngressId, left: Listener[], spots: Spot[]): Promise<void> {
    const stays = ({ authority }: Listener): boolean => spots.some(({ place }) => 'host' in place && hostOf(authority) === place.host)
    const moved = left.filter(stays)
    for (const listener of moved) listener.retire()
    retired.set(
      id,
      [...(retired.get(id) ?? []), ...moved].filter((listener) => listener.open() > 0),
    )
    await Promise.all(left.filter((listener) => !stays(listener)).map((listener) => listener.close()))
  }

  /** Null where a computer without IPv6 has no `::1`: the local door is open all the same. */
  async function openAt(ingress: IngressId, place: ListenerPlace): Promise<Listener | null> {
    try {
      return await openListener({ ingress, keeper, connections }, place)
    } catch (error) {
      const code = codeOf(error)
      if ('host' in place && place.host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) return null
      throw await explain(error, place)
    }
  }

  async function explain(cause: unknown, place: ListenerPlace): Promise<unknown> {
    if (cause instanceof XopcError || !('host' in place)) return cause
    const { host, port } = place
    switch (codeOf(cause)) {
      case 'EADDRINUSE':
        return edgeErrors.PORT_IN_USE({ host, port, who: whoText(await portOwner(port)), other: port + 1 }, { cause })
      case 'EACCES':
        return edgeErrors.PORT_NOT_PERMITTED({ port }, { cause })
      case 'EADDRNOTAVAIL':
      case 'EAFNOSUPPORT':
      case 'EINVAL':
        return edgeErrors.ADDRESS_NOT_AVAILABLE({ host }, { cause })
      default:
        return cause
    }
  }

  async function close(id: IngressId): Promise<void> {
    const door = doors.get(id)
    if (!door) return
    doors.delete(id)
    origins.delete(id)
    relist()
    await Promise.all([...door.values(), ...(retired.get(id) ?? [])].map((listener) => listener.close()))
    retired.delete(id)
    log.info('door closed', { ingress: id })
  }

  return {
    open: (id, place) =>
      inTurn(async () => {
        const door = await move(id, spotsOf(place), place.origins ?? [])
        const authorities = [...door.values()].map(({ authority }) => authority)
        return place.kind === 'unix' ? { authorities: [], path: place.path } : { authorities }
      }),
    close: (id) => inTurn(() => close(id)),
    list: () => listed,
    stop: () => inTurn(async () => void (await Promise.all([...doors.keys()].map((id) => close(id))))),
  }
}

function spotsOf(place: IngressPlace): Spot[] {
  if (place.kind === 'unix') return [{ key: place.path, place: { path: place.path } }]
  const { hosts, port } = place
  return [...new Set(hosts)].map((host) => ({ key: `${host} ${port}`, place: { host, port } }))
}

/** With port 0 the first host takes a free port and the others the same. */
function withPort(place: ListenerPlace, opened: Door): ListenerPlace {
  if ('path' in place || place.port !== 0) return place
  const [first] = opened.values()
  return first ? { host: place.host, port: first.port } : place
}

/** `[::1]:18790` → `::1`. */
function hostOf(authority: string): string {
  return authority.slice(0, authority.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}

function whoText(owner: PortOwner | null): string {
  if (owner === null) return ''
  return owner.pid === null ? ' by a program of another user' : ` by ${cleanText(owner.name ?? '', 64) || 'a program'} (pid ${owner.pid})`
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
