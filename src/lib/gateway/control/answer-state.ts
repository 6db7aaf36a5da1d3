import type { EnableOptions } from '../../core/xopc.ts'
import type { AccessId, AccessState } from '../../protocol/http-api.ts'
import type { ControlContext } from './context.ts'
import type { Call } from './route.ts'

type Asked = Pick<Call<unknown, unknown>, 'exchange' | 'status'>

/** Switches a method on and answers with its state: 202 while it is still starting. Who asked is in the audit log. Throws what `enable` throws. */
export async function answerEnable(call: Asked, context: ControlContext, id: AccessId, options: EnableOptions): Promise<AccessState> {
  context.audit.write('AccessAudit.enableAsked', { id, by: call.exchange.principal.id })
  return settled(call, await context.xopc.enable(id, options))
}

/** The same for its end. Throws what `disable` throws. */
export async function answerDisable(call: Asked, context: ControlContext, id: AccessId): Promise<AccessState> {
  context.audit.write('AccessAudit.disableAsked', { id, by: call.exchange.principal.id })
  return settled(call, await context.xopc.disable(id))
}

function settled({ status }: Asked, state: AccessState): AccessState {
  if (state.phase === 'starting') status(202)
  return state
}
