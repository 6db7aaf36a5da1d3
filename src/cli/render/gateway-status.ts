import type { Status } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { phaseWord } from './state.ts'
import { pairs } from './table.ts'
import { duration } from './time.ts'

/** What `xopc gateway status` shows; `isFar`: of a gateway elsewhere. Pure. */
export function renderStatus(status: Status, isFar: boolean): string[] {
  const { counts } = status
  return [
    'The gateway is running.',
    '',
    ...pairs([
      ['Address', status.url],
      ['Version', status.version],
      ['Running for', `${duration(status.uptime)} (process ${status.pid})`],
      ['Sign-in by', status.authMode],
      ['App behind it', status.upstream === null ? 'none' : cleanText(status.upstream, 300)],
      ['Fingerprint', status.fingerprint],
      ['Ways in', status.methods.map(({ id, state }) => `${id} ${phaseWord(state)}`).join(', ')],
      ['Listens on', status.ingress.flatMap(({ addresses }) => addresses).join(' ')],
      [
        'Open now',
        `${counts.connections} connections, ${counts.sse} event streams, ${counts.webSockets} WebSockets, ${counts.sessions} sessions`,
      ],
    ]),
    '',
    // The configuration that commands edit is the one of this computer.
    status.upstream === null && !isFar
      ? 'Next: xopc config set gateway.upstream.url=http://127.0.0.1:3000, with the port of your app'
      : 'Next: xopc status',
  ]
}
