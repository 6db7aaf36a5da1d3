import { probeErrors } from '../probe/errors.ts'
import type { AccessState, MethodView, Overview } from '../protocol/http-api.ts'
import type { PairCandidate, PairContext } from '../protocol/pairing-api.ts'
import { reachOf } from '../protocol/reach.ts'
import type { Looks } from './pair-look.ts'

/** An address, and whether a device may be sent there: it was found good, or nothing speaks against it. */
interface Sight extends PairCandidate {
  usable: boolean
  /** Something of ours should answer there: looking now can tell. */
  open?: true
  /** What is said while nothing better is known. */
  doubt?: string
}

type Views = Pick<Overview, 'methods'>
type OpenState = Extract<AccessState, { phase: 'on' | 'degraded' }>

const nothingSeen: Looks = new Map()
/** Codes of a look from outside, which goes to the first address of a method alone. Others are about opening it. */
const lookCodes: ReadonlySet<string> = new Set([...Object.keys(probeErrors), 'NOT_XOPC_GATEWAY', 'WRONG_GATEWAY'])
/** A device can live with these. */
const streamCodes: ReadonlySet<string> = new Set(['SSE_BUFFERED', 'WEBSOCKET_BLOCKED'])

/** The order in which devices try them (contract 5), with how each method's addresses are read. */
const readers: readonly [MethodView['id'], (view: MethodView) => Sight[]][] = [
  ['proxy', namedSights('reverse-proxy')],
  ['tunnel', namedSights('tunnel')],
  ['tailscale', namedSights('tailscale')],
  ['lan', lanSights],
]

/** The addresses that a device could be paired with, best first; what was seen by looking now counts before what is said of them. Pure. */
export function pairContext({ methods }: Views, looks = nothingSeen): PairContext {
  const sights = sightsOf(methods, looks)
  const usable = sights.filter((each) => each.usable)
  const best = usable.find(({ reachable }) => reachable) ?? usable[0]
  return {
    candidates: sights.map(candidateOf),
    recommended: best?.url ?? null,
    blockReason: best === undefined ? blockReason(methods) : null,
  }
}

/** Addresses against which, or for which, there is only an old verdict or none: those that a look could decide about. Pure. */
export function doubtful({ methods }: Views): string[] {
  return sightsOf(methods, nothingSeen).flatMap(({ open, reachable, url }) => (open === true && !reachable ? [url] : []))
}

/** What a device is told to connect to: verified or plausible addresses, best first. Pure. */
export function connectUrls({ methods }: Views, looks = nothingSeen): string[] {
  return [...new Set(sightsOf(methods, looks).flatMap(({ usable, url }) => (usable ? [url] : [])))]
}

/** The gateway's address in its own network, where a device can use it. Pure. */
export function lanUrlOf({ methods }: Views, looks = nothingSeen): string | null {
  const usable = sightsOf(methods, looks).filter(({ usable, kind }) => usable && kind === 'lan')
  return (usable.find(({ reachable }) => reachable) ?? usable[0])?.url ?? null
}

/** Whether a device can be sent to an origin at all: never to itself, and never over plain http through the internet (attack A61). */
export function isForDevices(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  const reach = reachOf(hostname)
  return protocol === 'https:' ? reach !== 'loopback' : protocol === 'http:' && reach === 'private'
}

function sightsOf(methods: readonly MethodView[], looks: Looks): Sight[] {
  const sights = readers.flatMap(([id, read]) => methods.filter((view) => view.id === id).flatMap(read))
  return sights.flatMap((sight) => (isForDevices(sight.url) ? [seenNow(sight, looks.get(sight.url))] : onlyHere(sight)))
}

/** A tunnel that ends on this computer is shown, so that nobody wonders why it is not offered; other addresses of that kind are none. */
function onlyHere({ kind, url }: Sight): Sight[] {
  const note = 'It leads to this computer alone: its broker is for trying.'
  return kind === 'tunnel' ? [{ kind, url, usable: false, reachable: false, note }] : []
}

function seenNow({ doubt, ...sight }: Sight, fault: ReturnType<Looks['get']>): Sight {
  if (fault === null) return { ...sight, usable: true, reachable: true }
  if (fault === undefined) return { ...sight, ...said(sight.note ?? doubt) }
  return { ...sight, usable: false, reachable: false, note: fault.message }
}

function candidateOf({ kind, url, reachable, needsLanBind, note }: Sight): PairCandidate {
  return { kind, url, reachable, ...(needsLanBind && { needsLanBind }), ...said(note) }
}

/** Of a method whose address is a name that somebody else serves. */
function namedSights(kind: 'reverse-proxy' | 'tunnel' | 'tailscale'): (view: MethodView) => Sight[] {
  return ({ state, audience }) => {
    if (state.phase !== 'on' && state.phase !== 'degraded') return []
    const note = audience === 'tailnet' ? 'Only devices in your tailnet reach it.' : undefined
    return state.urls.map((url) => ({ kind, url, ...openSight(url, state), ...said(note) }))
  }
}

/** Of several addresses of a method one is looked at, and the others are only plausible: those that could not be opened are not among them. */
function openSight(url: string, state: OpenState): Pick<Sight, 'usable' | 'reachable' | 'open' | 'doubt'> {
  const unseen = { usable: true, reachable: false, open: true, doubt: 'It has not been looked at yet.' } as const
  if (state.phase === 'on') return state.verified?.verdict.url === url ? { usable: true, reachable: true, open: true } : unseen
  const { code, message } = state.error
  if (url !== state.urls[0] || !lookCodes.has(code)) return unseen
  const livable = streamCodes.has(code)
  return { usable: livable, reachable: livable, open: true, doubt: message }
}

/** A closed network is shown, too: it is the next best thing where nothing else is open. */
function lanSights({ state, candidates }: MethodView): Sight[] {
  const notes = new Map(candidates.map(({ url, note }) => [url, note]))
  const isInner = (url: string): boolean => candidates.some((each) => each.url === url && each.kind === 'virtual')
  const urls = 'urls' in state ? state.urls : candidates.map(({ url }) => url)
  // A network of containers is no way for a phone, unless its address was chosen by hand and is all there is.
  const others = urls.filter((url) => !isInner(url))
  const chosen = others.length > 0 || !('urls' in state) ? others : urls
  return chosen.map((url) => ({ kind: 'lan', url, ...lanSight(url, state), ...said(notes.get(url)) }))
}

function lanSight(url: string, state: MethodView['state']): Omit<Sight, 'kind' | 'url'> {
  if (state.phase === 'on' || state.phase === 'degraded') return openSight(url, state)
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
