import type { AccessId, Conflict, MethodView, Overview } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { phaseWord, stateDetail, urlsOf } from './state.ts'
import { table } from './table.ts'
import { wrap } from './wrap.ts'

const longest = 300

/** Where and when an overview is shown. */
interface Show {
  columns: number
  /** Where sentences are broken. */
  textColumns: number
  /** Milliseconds since the epoch. */
  now: number
}

/** What `xopc status` shows: every way in, conflicts, and what to type next. Pure. */
export function renderOverview(overview: Overview, show: Show): string[] {
  const conflicts = overview.conflicts.flatMap(renderConflict)
  return [
    overview.running ? 'The gateway is running.' : 'The gateway is not running; this is what its configuration asks for.',
    '',
    ...table(['Way in', 'State', 'Who can come', 'Address'], overview.methods.map(methodRow), show.columns),
    ...overview.methods.flatMap((method) => methodDetail(method, show)),
    ...(conflicts.length === 0 ? [] : ['', 'In conflict:', ...conflicts]),
    '',
    `Next: ${nextStep(overview)}`,
  ]
}

/** One line for a change of a method, for output that is no terminal. Pure. */
export function methodLine(method: MethodView): string {
  const [, state, who, address] = methodRow(method)
  return [`${method.id}: ${state}`, who, address === '-' ? '' : address, ...stateDetail(method.state, null)].filter(Boolean).join('; ')
}

/** Whether everything that is intended is on, for `--check`. A gateway that does not run is not on. Pure. */
export function isAsIntended({ running, methods, conflicts }: Overview): boolean {
  return running && conflicts.length === 0 && methods.every(({ intended, state }) => !intended || state.phase === 'on')
}

function methodRow({ id, intended, audienceText, state }: MethodView): string[] {
  const waiting = intended && state.phase === 'off' ? `off, ${atStart[id]} when the gateway starts` : phaseWord(state)
  const nobody = state.phase === 'off' && !intended
  return [id, waiting, nobody ? 'nobody' : cleanText(audienceText, longest), urlsOf(state).join(' ') || '-']
}

function methodDetail({ id, state }: MethodView, { textColumns, now }: Show): string[] {
  return stateDetail(state, now).flatMap((line) => wrap(`  ${id}: `, line, textColumns, 4))
}

function renderConflict({ message, fix }: Conflict): string[] {
  const command = fix.command === undefined ? '' : `: ${cleanText(fix.command, longest)}`
  return [`  ${cleanText(message, longest)}`, `    ${cleanText(fix.title, longest)}${command}`]
}

/** What becomes of a way in that is intended. */
const atStart: Record<AccessId, string> = { tailscale: 'opens', lan: 'opens', proxy: 'verified', tunnel: 'opens' }
/** What switches a way in on. */
const onCommands: Record<AccessId, string> = {
  tailscale: 'xopc tailscale serve',
  lan: 'xopc lan on',
  proxy: 'xopc proxy set https://gateway.example.com',
  tunnel: 'xopc tunnel start',
}

function nextStep({ running, methods, recommended, conflicts }: Overview): string {
  const [conflict] = conflicts
  if (conflict?.fix.command !== undefined) return cleanText(conflict.fix.command, longest)
  if (!running) return 'xopc gateway'
  if (methods.some(({ id, state }) => id === 'proxy' && state.phase === 'degraded')) return 'xopc proxy test, to see which hop fails'
  const waiting = methods.find(({ intended, state }) => intended && (state.phase === 'blocked' || state.phase === 'failed'))
  if (waiting !== undefined && waiting.id !== 'proxy') return `xopc ${waiting.id} status, to see what it waits for`
  return recommended === null ? 'xopc pair, to let a device in' : onCommands[recommended]
}
