import { z } from 'zod'
import type { EnableOptions } from '../../../core/xopc.ts'
import { coreErrors } from '../../../core/errors.ts'
import { type AccessId, accessIds, type AccessState, proxyPrograms } from '../../../protocol/http-api.ts'
import { routes } from '../../../protocol/routes.ts'
import { answerTest, testBody } from '../answer-test.ts'
import { accessState, findings, plan, proxyTemplate, verdict } from '../replies.ts'
import { type Call, route } from '../route.ts'

// Both are judged by the method, whose codes say more than a schema would.
const address = z.string().max(300).optional()
const url = z.string().max(2048).optional()

/** The ways in: what enabling would do, on, off, and what is wrong. */
export const accessRoutes = [
  route({
    ...routes.plan,
    about: 'What enabling the method would do, or why it would be refused; changes nothing.',
    query: z.strictObject({ address, url }),
    reply: plan,
    codes: ['UNKNOWN_METHOD'],
    handle: (call, { xopc }) => xopc.plan(idOf(call), options(call.query)),
  }),
  route({
    ...routes.enable,
    about:
      'Sets the intent and enables the method: 200 with its state once settled, 202 while it is still starting after 2 s. `?wait=1` waits longer, bounded.',
    query: z.strictObject({ wait: z.enum(['0', '1']).optional() }),
    body: z.strictObject({ address, url }).prefault({}),
    reply: accessState,
    codes: ['UNKNOWN_METHOD'],
    handle: async (call, { xopc, audit }) => {
      const id = idOf(call)
      audit.write('AccessAudit.enableAsked', { id, by: call.exchange.principal.id })
      return settled(call, await xopc.enable(id, { ...options(call.body), ...(call.query.wait === '1' ? { wait: true } : {}) }))
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
    ...routes.test,
    about:
      'The staged test of the address by which the method is reached. With `Accept: text/event-stream` each stage as it ends (`stage`), then the verdict (`verdict`).',
    body: testBody.prefault({}),
    reply: verdict,
    codes: ['METHOD_HAS_NO_URL', 'UNKNOWN_METHOD'],
    handle: (call, { xopc }) => answerTest(call, (options) => xopc.test(idOf(call), options)),
  }),
  route({
    ...routes.testUrl,
    about:
      'The staged test of any address that may lead here; what is wrong with it is in the verdict. With `Accept: text/event-stream` each stage as it ends, then the verdict.',
    body: testBody.extend({ url: z.string().max(2048) }),
    reply: verdict,
    handle: (call, { xopc }) => answerTest(call, (options) => xopc.testUrl(call.body.url, options)),
  }),
  route({
    ...routes.proxyTemplate,
    about: 'A configuration for a proxy of your own in front of this gateway.',
    query: z.strictObject({ program: z.enum(proxyPrograms), domain: z.string().max(300).optional() }),
    reply: proxyTemplate,
    codes: ['invalid_domain'],
    handle: ({ query: { program, domain } }, { xopc }) => xopc.proxyTemplate(program, domain === undefined ? {} : { domain }),
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

function options({ address, url }: { address?: string | undefined; url?: string | undefined }): EnableOptions {
  return { ...(address === undefined ? {} : { address }), ...(url === undefined ? {} : { url }) }
}

function settled(call: Call<unknown, unknown>, state: AccessState): AccessState {
  if (state.phase === 'starting') call.status(202)
  return state
}
