import { XopcError } from '../../errors/error.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import type { Aim } from '../aim.ts'
import { fail, type Judged, pass, skip } from '../judged.ts'
import { troubleOf } from '../trouble.ts'
import type { Way } from '../way.ts'
import { type Hop, judgeHandshake } from './tls.ts'

/** In place of the look-up: what the program says of the name. Pure. */
export function judgeWayName({ name }: Aim, { program, addresses }: Way): Judged {
  const [only] = addresses
  if (only === undefined) return pass(`${program} serves ${name}.`, { addresses })
  const known = addresses.length === 1 ? `the address ${only}` : `the addresses ${addresses.join(', ')}`
  return pass(`${program} gives ${name} ${known}.`, { addresses })
}

/** In place of trying addresses. Pure. */
export function skipForWay({ program }: Way): Judged {
  return skip(`Not looked at: ${program} makes the connection itself.`)
}

/** Goes by the program, which may be slower to look at the signal than this test. */
export function hopBy(aim: Aim, way: Way): Hop {
  return {
    open: async (signal) => await inTime(way.open(signal), signal),
    judge: (error) => judgeWay(aim, way, error),
    fix: way.fix,
  }
}

/** A connection or a handshake that did not come about. Pure. */
function judgeWay(aim: Aim, { program, fix }: Way, error: unknown): Judged {
  const trouble = troubleOf(error)
  const { kind, code } = trouble
  const facts = { error: cleanText(code, 80) }
  // What the program itself said is the best there is.
  if (error instanceof XopcError) return fail(error.http === 504 ? 'TIMEOUT' : 'NETWORK_ERROR', error.message, { fix, facts })
  switch (kind) {
    case 'timeout':
      return fail('TIMEOUT', `${program} was asked for a connection to ${aim.name}, and nothing came of it in time.`, { fix, facts })
    case 'cut':
      return fail('NETWORK_ERROR', `${program} closed the connection to ${aim.name} in the middle of the TLS handshake.`, { fix, facts })
    case 'tls':
    case 'noTls':
    case 'wantsCertificate':
      return { ...judgeHandshake(aim, trouble), fix }
    default:
      return fail('NETWORK_ERROR', `${program} makes no connection to ${aim.name} (${facts.error}).`, { fix, facts })
  }
}

async function inTime<D extends { destroy(): unknown }>(opening: Promise<D>, signal: AbortSignal): Promise<D> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    reject(signal.reason)
    void opening.then(
      (connection) => connection.destroy(),
      () => {},
    )
  }
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([opening, late])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
