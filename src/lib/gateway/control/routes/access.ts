import { z } from 'zod'
import type { EnableOptions } from '../../../core/xopc.ts'
import { coreErrors } from '../../../core/errors.ts'
import type { AccessId, AccessState } from '../../../protocol/http-api.ts'
import { routes } from '../../../protocol/routes.ts'
import { accessState, findings, plan } from '../replies.ts'
import { type Call, route } from '../route.ts'

const accessIds = ['lan'] as const satisfies readonly AccessId[]
const address = z.union([z.ipv4(), z.ipv6()]).optional()

/** The ways in: what enabling would do, on, off, and what is wrong. */
export const accessRoutes = [
  route({
    ...routes.plan,
    about: 'What enabling the method would do, or why it would be refused; changes nothing.',
    query: z.strictObject({ address }),
    reply: plan,
    codes: ['UNKNOWN_METHOD'],
    handle: (call, { xopc }) => xopc.plan(idOf(call), options(call.query.address)),
  }),
  route({
    ...routes.enable,
    about:
      'Sets the intent and enables the method: 200 with its state once settled, 202 while it is still starting after 2 s. `?wait=1` waits longer, bounded.',
    query: z.strictObject({ wait: z.enum(['0', '1']).optional() }),
    body: z.strictObject({ address }).prefault({}),
    reply: accessState,
    codes: ['UNKNOWN_METHOD'],
    handle: async (call, { xopc, audit }) => {
      const id = idOf(call)
      audit.write('AccessAudit.enableAsked', { id, by: call.exchange.principal.id })
      return settled(call, await xopc.enable(id, { ...options(call.body.address), ...(call.query.wait === '1' ? { wait: true } : {}) }))
    },
  }),
  route({
    ...routes.disable,
    about: 'Takes the intent back and disables the method.',
    body: z.strictObject({}).prefault({}),
    reply: accessState,
    codes: ['UNKNOWN_METHOD'],
    handle: async (call, { xopc, audit }) => {
      const id = idOf(call)
      audit.write('AccessAudit.disableAsked', { id, by: call.exchange.principal.id })
      return settled(call, await xopc.disable(id))
    },
  }),
  route({
    ...routes.diagnose,
    about: 'What was looked at and what was found, with fixes.',
    reply: findings,
    codes: ['UNKNOWN_METHOD'],
    handle: (call, { xopc }) => xopc.diagnose(idOf(call)),
  }),
]

function idOf(call: Call<unknown, unknown>): AccessId {
  const given = call.params['id'] ?? ''
  const id = accessIds.find((known) => known === given)
  if (id === undefined) throw coreErrors.UNKNOWN_METHOD({ id: given, known: accessIds.join(', ') })
  return id
}

function options(given: string | undefined): EnableOptions {
  return given === undefined ? {} : { address: given }
}

function settled(call: Call<unknown, unknown>, state: AccessState): AccessState {
  if (state.phase === 'starting') call.status(202)
  return state
}
