import type { AccessState, Finding, MethodView } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { phaseWord, stateDetail, urlsOf } from './state.ts'
import { wrap } from './wrap.ts'

const longest = 300

/** What is known besides the state. */
interface Opened {
  mode: 'serve' | 'funnel'
  running: boolean
  /** As `--for` was given; null where it stays. */
  time: string | null
  /** Where sentences are broken. */
  textColumns: number
  /** Milliseconds since the epoch. */
  now: number
}

/** What `xopc tailscale serve` and `funnel` say. Pure. */
export function renderTailscaleOn(state: AccessState, { mode, running, time, textColumns, now }: Opened): string[] {
  const say = (first: string, text: string): string[] => wrap(first, text, textColumns)
  if (!running) return [...say('', 'Saved: the gateway goes to Tailscale when it starts. It is not running now.'), '', 'Next: xopc gateway']
  const details = stateDetail(state, now).flatMap((line) => say('  ', line))
  const urls = urlsOf(state).map((url) => `  ${url}`)
  if (state.phase !== 'on') {
    const first =
      urls.length > 0 ? 'Tailscale serves the gateway, with a problem:' : `The gateway is not on Tailscale yet: ${phaseWord(state)}.`
    return [...say('', first), ...urls, ...details, '', 'Next: xopc tailscale status']
  }
  const who = mode === 'funnel' ? 'The whole internet can reach the gateway now:' : 'The devices of your tailnet can come now:'
  const limits =
    mode === 'funnel'
      ? 'It was tried from this computer, inside the tailnet; that Funnel brings people from the internet shows only from there.'
      : 'It was tried from this computer; the rules of your tailnet decide which other devices may come.'
  return [
    ...say('', who),
    ...urls,
    ...details,
    ...say('  ', limits),
    ...(time === null ? [] : say('  ', `It closes by itself after ${cleanText(time, 40)}.`)),
    '',
    'Next: xopc pair, to let a phone or another computer in',
  ]
}

/** What `xopc tailscale off` says. Pure. */
export function renderTailscaleOff(state: AccessState, running: boolean): string[] {
  const next = state.phase === 'off' ? 'xopc tailscale serve, to put it there again' : 'xopc tailscale status'
  return [offLine(state, running), ...stateDetail(state, null), '', `Next: ${next}`]
}

function offLine({ phase }: AccessState, running: boolean): string {
  if (phase === 'failed') return 'Nobody comes in any more, but one thing is left:'
  if (phase !== 'off') return 'The gateway is not off your tailnet yet.'
  return running ? 'The gateway is off your tailnet.' : 'The gateway stays off your tailnet when it starts.'
}

/** How the state is shown. */
interface Show {
  running: boolean
  textColumns: number
  /** Milliseconds since the epoch. */
  now: number
}

/** What `xopc tailscale status` says. Pure. */
export function renderTailscale(view: MethodView & { findings: readonly Finding[] }, { running, textColumns, now }: Show): string[] {
  const { state, closesAt, findings } = view
  const say = (first: string, text: string): string[] => wrap(first, text, textColumns)
  return [
    ...say('', headline(view, running)),
    ...urlsOf(state).map((url) => `  ${url}`),
    ...stateDetail(state, now).flatMap((line) => say('  ', line)),
    ...(closesAt === undefined ? [] : say('  ', `It closes by itself at ${cleanText(closesAt, 40)}.`)),
    ...(findings.length === 0 ? [] : ['', 'What was looked at:', ...findings.flatMap((finding) => findingLines(finding, say))]),
    '',
    `Next: ${nextStep(view, running)}`,
  ]
}

function headline({ intended, audienceText, state }: MethodView, running: boolean): string {
  if (!running)
    return intended
      ? 'The gateway is not running; it goes to Tailscale when it starts.'
      : 'The gateway is not running, and stays off your tailnet.'
  if (state.phase === 'off') return 'The gateway is not on Tailscale.'
  return `The way in by Tailscale: ${phaseWord(state)}, for ${cleanText(audienceText, 200)}.`
}

const marks: Record<Finding['status'], string> = { pass: 'ok    ', warn: 'look  ', fail: 'wrong ', skip: '-     ' }

function findingLines({ status, title, detail, fix }: Finding, say: (first: string, text: string) => string[]): string[] {
  const mend =
    fix === undefined || status === 'pass'
      ? []
      : say(
          '          ',
          [fix.title, fix.command]
            .filter(Boolean)
            .map((text) => cleanText(text ?? '', longest))
            .join(': '),
        )
  return [...say(`  ${marks[status]}`, `${cleanText(title, 60)}: ${cleanText(detail, longest)}`), ...mend]
}

function nextStep({ intended, state }: MethodView, running: boolean): string {
  if (!running) return 'xopc gateway'
  if (!intended) return 'xopc tailscale serve, to put the gateway on your tailnet'
  return state.phase === 'on' ? 'xopc pair, to let a phone or another computer in' : 'xopc tailscale off, to give it up'
}
