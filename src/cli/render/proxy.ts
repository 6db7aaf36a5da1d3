import type { AccessState } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { phaseWord, stateDetail, urlsOf } from './state.ts'
import { verifiedText } from './verified.ts'
import { wrap } from './wrap.ts'

/** What is known besides the state. */
interface Setting {
  /** The address as it was typed. */
  given: string
  running: boolean
  /** Where sentences are broken. */
  textColumns: number
  /** Milliseconds since the epoch. */
  now: number
}

/** What `xopc proxy set` says. Pure. */
export function renderProxySet(state: AccessState, setting: Setting): string[] {
  const { given, running, textColumns, now } = setting
  const url = urlsOf(state)[0] ?? savedUrl(given)
  const say = (first: string, text: string): string[] => wrap(first, text, textColumns)
  if (!running)
    return [...say('', `Saved: ${url} will be verified when the gateway starts. It is not running now.`), '', 'Next: xopc gateway']
  if (state.phase !== 'on')
    return [
      ...say('', `${url} was saved all the same, but it does not work${state.phase === 'degraded' ? '' : `: ${phaseWord(state)}`}.`),
      ...stateDetail(state, now).flatMap((line) => say('  ', line)),
      '',
      `Next: xopc proxy test${urlsOf(state).length === 0 ? ` ${url}` : ', to see every hop'}`,
    ]
  if (state.verified === null) return [...say('', `Saved: ${url}, ${verifiedText(null, now)}.`), '', 'Next: xopc proxy test']
  return [
    ...say('', `${url} leads to this gateway: ${verifiedText(state.verified, now)}. It does not show whether it works over cellular.`),
    '',
    'Next: xopc pair, to let a phone or another computer in',
  ]
}

/** What was taken is an origin, and is saved as one. */
function savedUrl(given: string): string {
  return cleanText(URL.canParse(given) ? new URL(given).origin : given, 300)
}

/** What `xopc proxy clear` says. Pure. */
export function renderProxyClear(running: boolean): string[] {
  const now = running ? 'The gateway has no public address any more.' : 'The gateway has no public address when it starts.'
  return [`${now} Your proxy itself was not touched.`, '', 'Next: xopc proxy set <url>, to name it again']
}
