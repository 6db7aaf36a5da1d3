import type { Conflict, MethodView, Overview } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { phaseWord, stateDetail, urlsOf } from './state.ts'
import { table } from './table.ts'

const longest = 300

/** What `xopc status` shows: every way in, conflicts, and what to type next. Pure. */
export function renderOverview(overview: Overview, columns: number): string[] {
  const conflicts = overview.conflicts.flatMap(renderConflict)
  return [
    overview.running ? 'The gateway is running.' : 'The gateway is not running; this is what its configuration asks for.',
    '',
    ...table(['Way in', 'State', 'Who can come', 'Address'], overview.methods.map(methodRow), columns),
    ...overview.methods.flatMap(methodDetail),
    ...(conflicts.length === 0 ? [] : ['', 'In conflict:', ...conflicts]),
    '',
    `Next: ${nextStep(overview)}`,
  ]
}

/** One line for a change of a method, for output that is no terminal. Pure. */
export function methodLine(method: MethodView): string {
  const [, state, who, address] = methodRow(method)
  return [`${method.id}: ${state}`, who, address === '-' ? '' : address, ...stateDetail(method.state)].filter(Boolean).join('; ')
}

/** Whether everything that is intended is on, for `--check`. A gateway that does not run is not on. Pure. */
export function isAsIntended({ running, methods, conflicts }: Overview): boolean {
  return running && conflicts.length === 0 && methods.every(({ intended, state }) => !intended || state.phase === 'on')
}

function methodRow({ id, intended, audienceText, state }: MethodView): string[] {
  const waiting = intended && state.phase === 'off' ? 'off, opens when the gateway starts' : phaseWord(state)
  const nobody = state.phase === 'off' && !intended
  return [id, waiting, nobody ? 'nobody' : cleanText(audienceText, longest), urlsOf(state).join(' ') || '-']
}

function methodDetail({ id, state }: MethodView): string[] {
  return stateDetail(state).map((line) => `  ${id}: ${line}`)
}

function renderConflict({ message, fix }: Conflict): string[] {
  const command = fix.command === undefined ? '' : `: ${cleanText(fix.command, longest)}`
  return [`  ${cleanText(message, longest)}`, `    ${cleanText(fix.title, longest)}${command}`]
}

function nextStep({ running, recommended, conflicts }: Overview): string {
  const [conflict] = conflicts
  if (conflict?.fix.command !== undefined) return cleanText(conflict.fix.command, longest)
  if (!running) return 'xopc gateway'
  return recommended === null ? 'xopc gateway token --show, to sign in on a device' : `xopc ${recommended} on`
}
