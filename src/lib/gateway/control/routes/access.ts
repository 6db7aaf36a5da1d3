import { z } from 'zod'
import { coreErrors } from '../../../core/errors.ts'
import { type AccessId, accessIds, proxyPrograms } from '../../../protocol/http-api.ts'
import { routes } from '../../../protocol/routes.ts'
import { answerConsent, answerDisable, answerEnable, enableOptions } from '../answer-state.ts'
import { answerTest, testBody } from '../answer-test.ts'
import { accessState, findings, plan, proxyTemplate, verdict } from '../replies.ts'
import { type Call, route } from '../route.ts'

// Both are judged by the method, whose codes say more than a schema would.
const address = z.string().max(300).optional()
const url = z.string().max(2048).optional()
const broker = z.string().max(300).optional()
const mode = z.enum(['serve', 'funnel']).optional()
const port = z.int().min(1).max(65_535)
const time = z.string().max(40).optional()

/** The ways in: what enabling would do, on, off, and what is wrong. */
export const accessRoutes = [
  route({
    ...routes.plan,
    about: 'What enabling the method would do, or why it would be refused; changes nothing.',
    query: z.strictObject({
      address,
      url,
      mode,
      broker,
      port: z.string().regex(/^\d+$/).transform(Number).pipe(port).optional(),
      replace: z
        .enum(['0', '1'])
        .transform((text) => text === '1')
        .optional(),
    }),
    reply: plan,
    codes: ['UNKNOWN_METHOD'],
    handle: (call, { xopc }) => xopc.plan(idOf(call), enableOptions(call.query)),
  }),
  route({
    ...routes.enable,
    about:
      'Sets the intent and enables the method: 200 with its state once settled, 202 while it is still starting after 2 s. `?wait=1` waits longer, bounded.',
    query: z.strictObject({ wait: z.enum(['0', '1']).optional() }),
    body: z.strictObject({ address, url, mode, port: port.optional(), broker, for: time, replace: z.boolean().optional() }).prefault({}),
    reply: accessState,
    codes: [
      'CONFIG_SECRET_NEEDED',
      'CONSENT_REQUIRED',
      'DURATION_INVALID',
      'EXPOSURE_CONFLICT',
      'TUNNEL_AUTH_REQUIRED',
      'TUNNEL_BROKER_INVALID',
      'TUNNEL_CONSENT_REQUIRED',
      'TUNNEL_RATE_LIMITED',
      'TUNNEL_REGISTRATION_SECRET_REQUIRED',
      'UNKNOWN_METHOD',
    ],
    handle: (call, context) =>
      answerEnable(call, context, idOf(call), { ...enableOptions(call.body), ...(call.query.wait === '1' ? { wait: true } : {}) }),
  }),
  route({
    ...routes.disable,
    about:
      'Takes the intent back and disables the method; with `release` what was reserved for it elsewhere (a public name) is given back for ever.',
    body: z.strictObject({ release: z.boolean().optional() }).prefault({}),
    reply: accessState,
    codes: ['TUNNEL_NOT_RELEASED', 'UNKNOWN_METHOD'],
    handle: (call, context) => answerDisable(call, context, idOf(call), call.body.release === true ? { release: true } : {}),
  }),
  route({
    ...routes.consent,
    about: 'Records that a person agrees to what the method opens to the whole internet; `version` is that of the text that they saw.',
    body: z.strictObject({ version: z.string().max(100) }),
    reply: z.object({ version: z.string(), acceptedAt: z.string() }),
    codes: ['CONSENT_NOT_ASKED', 'CONSENT_OUTDATED', 'UNKNOWN_METHOD'],
    handle: (call, context) => answerConsent(call, context, idOf(call), call.body.version),
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
