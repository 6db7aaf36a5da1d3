import type { AccessState } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { phaseWord, stateDetail, urlsOf } from './state.ts'
import { verifiedText } from './verified.ts'

/** What is known besides the state. */
interface Setting {
  /** The address as it was typed. */
  given: string
  running: boolean
  /** Milliseconds since the epoch. */
  now: number
}

/** What `xopc proxy set` says. Pure. */
export function renderProxySet(state: AccessState, { given, running, now }: Setting): string[] {
  const url = urlsOf(state)[0] ?? savedUrl(given)
  if (!running) return [`Saved: ${url} will be verified when the gateway starts. It is not running now.`, '', 'Next: xopc gateway']
  switch (state.phase) {
    case 'on':
      if (state.verified === null) return [`Saved: ${url}, ${verifiedText(null, now)}.`, '', 'Next: xopc proxy test']
      return [
        `${url} leads to this gateway: ${verifiedText(state.verified, now)}.`,
        'It does not show whether it works over cellular.',
        '',
        'Next: open it on another device and sign in with the token that `xopc gateway token --show` prints.',
      ]
    default:
      return [
        `${url} was saved all the same, but it does not work yet: ${phaseWord(state)}.`,
        ...stateDetail(state, now).map((line) => `  ${line}`),
        '',
        `Next: xopc proxy test${urlsOf(state).length === 0 ? ` ${url}` : ''}, to see every hop`,
      ]
  }
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
