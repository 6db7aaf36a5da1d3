import type { AccessState, MethodView } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { reachOf } from '../../lib/protocol/reach.ts'
import { phaseWord, stateDetail, urlsOf } from './state.ts'
import { table } from './table.ts'

/** What `xopc lan on` says. Pure. */
export function renderLanOn(state: AccessState, running: boolean): string[] {
  if (!running) return ['Saved: the gateway opens to the network when it starts. It is not running now.', '', 'Next: xopc gateway']
  const urls = urlsOf(state).map((url) => `  ${url}`)
  switch (state.phase) {
    case 'on':
      return urlsOf(state).some(isPublic)
        ? [internetNow, ...urls, '', 'Next: xopc lan on, to listen on private addresses alone']
        : ['Devices on the same network can come now:', ...urls, '', 'Next: xopc pair, to let a phone or another computer in']
    case 'degraded':
      return [
        'Devices on the same network can come now, with a problem:',
        ...urls,
        ...stateDetail(state, null),
        '',
        'Next: xopc lan status',
      ]
    default:
      return [`The network is not open: ${phaseWord(state)}.`, ...stateDetail(state, null), '', 'Next: xopc lan status']
  }
}

const internetNow = 'Whoever can reach a public address of this computer can come now, perhaps the whole internet, over plain http:'

function isPublic(url: string): boolean {
  return reachOf(new URL(url).hostname) === 'public'
}

/** How the state is shown. */
interface Show {
  running: boolean
  columns: number
  /** Milliseconds since the epoch. */
  now: number
}

/** What `xopc lan status` says. Pure. */
export function renderLan(lan: MethodView, { running, columns, now }: Show): string[] {
  const rows = lan.candidates.map(({ url, interface: name, kind, note }) => [url, name, kind, note === null ? '' : cleanText(note, 200)])
  return [
    headline(lan, running),
    ...stateDetail(lan.state, now),
    ...urlsOf(lan.state).map((url) => `  ${url}`),
    ...(rows.length === 0 ? [] : ['', 'Addresses of this computer:', ...table(['Address', 'Interface', 'Kind', 'Note'], rows, columns)]),
    '',
    lan.intended ? (running ? 'Next: xopc lan off, to close it' : 'Next: xopc gateway') : 'Next: xopc lan on, to open it',
  ]
}

function headline({ intended, audienceText, state }: MethodView, running: boolean): string {
  if (!running)
    return intended
      ? 'The gateway is not running; it opens to the network when it starts.'
      : 'The gateway is not running, and stays closed to the network.'
  return state.phase === 'off'
    ? 'The gateway is closed to the network.'
    : `The way in from the network: ${phaseWord(state)}, for ${cleanText(audienceText, 200)}.`
}
