import type { MethodView, Overview } from '../protocol/http-api.ts'
import type { PairCandidate, PairContext } from '../protocol/pairing-api.ts'
import { reachOf } from '../protocol/reach.ts'

/** An address, and whether a device may be sent there: it was found good, or nothing speaks against it. */
interface Sight extends PairCandidate {
  usable: boolean
}

type Views = Pick<Overview, 'methods'>

/** The order in which devices try them (contract 5), with how each method's addresses are read. */
const readers: readonly [MethodView['id'], (view: MethodView) => Sight[]][] = [
  ['proxy', proxySights],
  ['lan', lanSights],
]

/** The addresses that a device could be paired with, best first; pure. */
export function pairContext({ methods }: Views): PairContext {
  const sights = sightsOf(methods)
  const usable = sights.filter((each) => each.usable)
  const best = usable.find(({ reachable }) => reachable) ?? usable[0]
  return {
    candidates: sights.map(({ usable: _usable, ...candidate }) => candidate),
    recommended: best?.url ?? null,
    blockReason: best === undefined ? blockReason(methods) : null,
  }
}

/** What a device is told to connect to: verified or plausible addresses, best first. Pure. */
export function connectUrls({ methods }: Views): string[] {
  return [...new Set(sightsOf(methods).flatMap(({ usable, url }) => (usable ? [url] : [])))]
}

/** The gateway's address in its own network, where a device can use it. Pure. */
export function lanUrlOf({ methods }: Views): string | null {
  return sightsOf(methods).find(({ usable, kind }) => usable && kind === 'lan')?.url ?? null
}

/** Whether a device can be sent to an origin at all: never to itself, and never over plain http through the internet (attack A61). */
export function isForDevices(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  const reach = reachOf(hostname)
  return protocol === 'https:' ? reach !== 'loopback' : protocol === 'http:' && reach === 'private'
}

function sightsOf(methods: readonly MethodView[]): Sight[] {
  const sights = readers.flatMap(([id, read]) => methods.filter((view) => view.id === id).flatMap(read))
  return sights.filter(({ url }) => isForDevices(url))
}

function proxySights({ state }: MethodView): Sight[] {
  if (state.phase === 'on') return state.urls.map((url) => ({ kind: 'reverse-proxy', url, usable: true, ...looked(url, state) }))
  if (state.phase !== 'degraded') return []
  const note = state.error.message
  return state.urls.map((url) => ({ kind: 'reverse-proxy', url, usable: false, reachable: false, note }))
}

/** Of several addresses of a method one is looked at, and the others are only plausible. */
function looked(url: string, { verified }: Extract<MethodView['state'], { phase: 'on' }>): Pick<PairCandidate, 'reachable' | 'note'> {
  return verified?.verdict.url === url ? { reachable: true } : { reachable: false, note: 'It has not been looked at yet.' }
}

/** A closed network is shown, too: it is the next best thing where nothing else is open. */
function lanSights({ state, candidates }: MethodView): Sight[] {
  const notes = new Map(candidates.map(({ url, note }) => [url, note]))
  const isInner = (url: string): boolean => candidates.some((each) => each.url === url && each.kind === 'virtual')
  const urls = 'urls' in state ? state.urls : candidates.map(({ url }) => url)
  // A network of containers is no way for a phone, unless its address was chosen by hand and is all there is.
  const others = urls.filter((url) => !isInner(url))
  const chosen = others.length > 0 || state.phase !== 'on' ? others : urls
  return chosen.map((url) => ({ kind: 'lan', url, ...lanSight(url, state), ...said(notes.get(url)) }))
}

function lanSight(url: string, state: MethodView['state']): Pick<Sight, 'usable' | 'reachable' | 'note' | 'needsLanBind'> {
  if (state.phase === 'on') return { usable: true, ...looked(url, state) }
  if (state.phase === 'off') return { usable: false, reachable: false, needsLanBind: true }
  const error = state.phase === 'blocked' ? state.needs : 'error' in state ? state.error : null
  return { usable: false, reachable: false, ...said(error?.message) }
}

function said(note: string | null | undefined): { note?: string } {
  return note === null || note === undefined ? {} : { note }
}

/** With nothing asked for the gateway is closed by choice; otherwise what was asked for does not work. */
function blockReason(methods: readonly MethodView[]): PairContext['blockReason'] {
  return methods.some(({ intended }) => intended) ? 'NO_REACHABLE_URL' : 'GATEWAY_LOOPBACK_ONLY'
}
