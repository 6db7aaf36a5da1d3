import type { Duplex } from 'node:stream'
import type { Fix } from '../../protocol/http-api.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { type Aim, originInText } from '../aim.ts'
import { shownBy } from '../certificate.ts'
import { type Dial, openTls } from '../dial.ts'
import { fail, type Judged, nobody, skip } from '../judged.ts'
import { openLine } from '../line.ts'
import { wantsCertificate } from '../obstacles.ts'
import { header } from '../reply.ts'
import { culpritOf } from '../signatures.ts'
import { type Trouble, troubleOf } from '../trouble.ts'
import type { Trust } from '../../system/trust.ts'
import { type Handshake, judgeCertificate } from './certificate-faults.ts'

/** A handshake, judged; the connection where it is good. */
export interface Secured {
  judged: Judged
  ready: Duplex | null
}

/** How the server is reached whose TLS is looked at. */
export interface Hop {
  /** A connection to it; rejects with an error, or the signal's reason. */
  open(signal: AbortSignal): Promise<Duplex>
  /** What it means that no connection, or no handshake, came about. Pure. */
  judge(error: unknown): Judged
  /** What to do about its certificate, where no proxy of a person's own has it. */
  fix?: Fix
}

/** A connection that stands already. */
export function hopOver(aim: Aim, socket: Duplex): Hop {
  return { open: async () => socket, judge: (error) => judgeHandshake(aim, troubleOf(error)) }
}

/** So long is waited for the server's clock and name, once its certificate is known to be bad. */
const ASK_MS = 1500

/** Looks at the certificate of who answers. Nothing is sent before it is known to be good, but for one request without a credential that asks a bad one who it is. Never throws. */
export async function lookAtTls(
  aim: Aim,
  hop: Hop,
  { trust, now }: { trust: Trust; now(): number },
  signal: AbortSignal,
): Promise<Secured> {
  try {
    const socket = await hop.open(signal)
    if (aim.scheme === 'http') return { judged: skip('The address is plain http: nothing is encrypted on this way.'), ready: socket }
    const tls = await openTls(socket, aim, { trust, strict: false }, signal)
    const shown = shownBy(tls, aim)
    const handshake = { protocol: tls.getProtocol() ?? '', now: now(), shown, fix: hop.fix }
    const judged = judgeCertificate(aim, { ...handshake, server: null })
    if (judged.status !== 'fail') return { judged, ready: tls }
    const server = await whoIsIt(aim, tls, signal)
    return { judged: judgeCertificate(aim, { ...handshake, server }), ready: null }
  } catch (error) {
    return { judged: hop.judge(error), ready: null }
  }
}

/** Whose certificate is bad may still say which program it is and what time it has. */
async function whoIsIt(aim: Aim, tls: Duplex, signal: AbortSignal): Promise<Handshake['server']> {
  const none: Dial = () => Promise.reject(new Error('one request only'))
  const line = openLine(aim, none, tls)
  const { reply } = await line.ask({ path: '/health' }, AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]))
  line.close()
  tls.destroy()
  if (reply === undefined) return null
  const date = Date.parse(header(reply.headers, 'date'))
  return { clock: Number.isNaN(date) ? null : date, culprit: culpritOf(reply) }
}

/** A handshake that came to no certificate. Pure. */
export function judgeHandshake(aim: Aim, { kind, code }: Trouble): Judged {
  const facts = { error: cleanText(code, 80) }
  const { name, port } = aim
  switch (kind) {
    case 'timeout':
      return fail('TIMEOUT', `Port ${port} accepts connections and then says nothing: no TLS handshake in time.`, {
        fix: { title: 'Restart the program that listens there; it hangs, or it is none that speaks TLS' },
        facts,
      })
    case 'noTls': {
      const fix = { title: 'Use the http address, or let the proxy speak TLS on this port', snippet: `nginx:  listen ${port} ssl;` }
      return fail('TLS_INVALID', `Port ${port} speaks no TLS: what listens there answers in plain text.`, { fix, facts })
    }
    case 'cut':
      return fail('NETWORK_ERROR', `The connection was closed in the middle of the TLS handshake.`, {
        fix: { title: 'Look at the log of the proxy; some close the connection where they have no certificate for the name' },
        facts,
      })
    case 'wantsCertificate':
      return wantsCertificate(nobody, facts)
    default:
      return fail('TLS_INVALID', handshakeSentence(name, code), {
        fix: { title: `Let the proxy have a certificate for ${originInText(aim)} and speak TLS 1.2 or newer with HTTP/1.1` },
        facts,
      })
  }
}

const alerts: readonly [RegExp, (name: string) => string][] = [
  [/UNRECOGNIZED_NAME/, (name) => `What answers has no certificate for ${name}.`],
  [/INTERNAL_ERROR/, (name) => `What answers has no certificate for ${name} yet, or cannot use it.`],
  [/APPLICATION_PROTOCOL/, () => 'What answers speaks HTTP/2 only, and WebSocket needs HTTP/1.1.'],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION/, () => 'What answers speaks only TLS versions that are no longer used.'],
]

function handshakeSentence(name: string, code: string): string {
  const known = alerts.find(([pattern]) => pattern.test(code))
  return known === undefined ? `The TLS handshake failed (${cleanText(code, 80)}).` : known[1](name)
}
