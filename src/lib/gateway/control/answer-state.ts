import type { Consented } from '../../core/consent.ts'
import type { EnableOptions } from '../../core/xopc.ts'
import type { AccessId, AccessState } from '../../protocol/http-api.ts'
import { gatewayErrors } from '../errors.ts'
import type { ControlContext } from './context.ts'
import type { Call } from './route.ts'

type Asked = Pick<Call<unknown, unknown>, 'exchange' | 'status' | 'header'>

/**
 * Switches a method on and answers with its state: 202 while it is still starting. Who asked is in the audit log. Throws `TUNNEL_RATE_LIMITED` and what
 * `enable` throws.
 */
export async function answerEnable(call: Asked, context: ControlContext, id: AccessId, options: EnableOptions): Promise<AccessState> {
  if (id === 'tunnel') limitStarts(call, context)
  context.audit.write('AccessAudit.enableAsked', { id, by: call.exchange.principal.id })
  return settled(call, await context.xopc.enable(id, options))
}

/** The same for its end, which is never limited. Throws what `disable` throws. */
export async function answerDisable(
  call: Asked,
  context: ControlContext,
  id: AccessId,
  options: { release?: boolean } = {},
): Promise<AccessState> {
  context.audit.write('AccessAudit.disableAsked', { id, by: call.exchange.principal.id, ...options })
  return settled(call, await context.xopc.disable(id, options))
}

/** Records that a person agrees to the text that they saw. Throws what `consent` throws. */
export async function answerConsent(
  { exchange }: Pick<Asked, 'exchange'>,
  { xopc, audit }: ControlContext,
  id: AccessId,
  version: string,
): Promise<Consented> {
  const consented = await xopc.consent(id, version)
  audit.write('AccessAudit.consented', { id, version: consented.version, by: exchange.principal.id })
  return consented
}

/** What was given, without what was not. */
export function enableOptions(given: { [Key in keyof EnableOptions]?: EnableOptions[Key] | undefined }): EnableOptions {
  // `as`: with the undefined ones left out, the others are as the type wants them.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as EnableOptions
}

/** Each start asks a broker for a lease, and brokers count. The owner's own programs are trusted not to. */
function limitStarts({ exchange, header }: Asked, { limiter }: ControlContext): void {
  const waitMs = exchange.ingress === 'control' ? 0 : limiter.tunnelStart(exchange.principal.id)
  if (waitMs === 0) return
  const seconds = Math.ceil(waitMs / 1000)
  header('retry-after', String(seconds))
  throw gatewayErrors.TUNNEL_RATE_LIMITED({ seconds })
}

function settled({ status }: Asked, state: AccessState): AccessState {
  if (state.phase === 'starting') status(202)
  return state
}
