import { z } from 'zod'
import { formSchema } from '../../../config/form-schema.ts'
import { routes } from '../../../protocol/routes.ts'
import { configChange, configView } from '../replies.ts'
import { route } from '../route.ts'

/** The configuration file. */
export const configRoutes = [
  route({
    ...routes.config,
    about:
      'The file as it is, secrets masked; `ETag` names this version of it. `origins` names the environment variables and flags that win over it, by path.',
    reply: configView,
    handle: async (call, { xopc }) => {
      const view = await xopc.config()
      call.header('etag', view.etag)
      return view
    },
  }),
  route({
    method: 'GET',
    path: '/api/config/schema',
    scope: 'admin',
    about:
      'The JSON Schema of the file, for a form: each setting says how a change is taken (`x-take`) and which environment variable wins over the file (`x-env`), and what it waits for where this version cannot do it yet (`x-later`); a secret is `writeOnly`.',
    reply: z.record(z.string(), z.unknown()),
    handle: () => formSchema(),
  }),
  route({
    ...routes.patchConfig,
    about:
      'Changes values by their path (`{"gateway.port": 18791}`); `null` removes a key; a mask sent back changes nothing; with `If-Match` only if the file is still that version.',
    body: z.record(z.string().min(1).max(200), z.unknown()),
    reply: configChange,
    codes: ['CONFIG_INVALID', 'CONFIG_STALE', 'CONFIG_NOT_WRITABLE'],
    handle: async (call, { xopc, audit }) => {
      const change = await xopc.patchConfig(call.body, call.request.headers['if-match'])
      audit.write('ConfigAudit.changed', { keys: Object.keys(call.body), by: call.exchange.principal.id, client: call.exchange.client })
      call.header('etag', change.etag)
      return change
    },
  }),
]
