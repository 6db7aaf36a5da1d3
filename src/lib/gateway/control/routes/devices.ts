import { z } from 'zod'
import { deviceView } from '../../../core/device-desk.ts'
import { coreErrors } from '../../../core/errors.ts'
import { cleanText } from '../../../protocol/outside-text.ts'
import { routes } from '../../../protocol/routes.ts'
import { device } from '../pairing-replies.ts'
import { route } from '../route.ts'

/** Longer ones are refused with a code of their own; this bounds what is looked at. */
const name = z.string().max(1024)

/** What joined by a pairing code. */
export const deviceRoutes = [
  route({
    ...routes.devices,
    about: 'Everything that joined by a pairing code and was not revoked, the newest first.',
    reply: z.array(device),
    handle: (_call, { xopc }) => xopc.devices(),
  }),
  route({
    method: 'GET',
    path: '/api/devices/me',
    scope: 'read',
    about: 'What the gateway knows of the device that asks.',
    reply: device,
    codes: ['DEVICE_NOT_FOUND'],
    handle: ({ exchange }, { devices }) => {
      const id = exchange.principal.id.replace(/^device:/, '')
      const record = devices.list().find((each) => `device:${each.id}` === exchange.principal.id)
      // Whoever has another credential is none of the devices.
      if (record === undefined) throw coreErrors.DEVICE_NOT_FOUND({ id })
      return deviceView(record)
    },
  }),
  route({
    ...routes.renameDevice,
    about: 'Gives a device another name.',
    body: z.strictObject({ name }),
    reply: device,
    codes: ['DEVICE_NAME_INVALID', 'DEVICE_NOT_FOUND'],
    handle: async ({ params, body, exchange }, { xopc, audit }) => {
      const named = await xopc.renameDevice(params['id'] ?? '', body.name)
      audit.write('PairAudit.renamed', { id: named.id, name: named.name, by: exchange.principal.id })
      return named
    },
  }),
  route({
    ...routes.revokeDevice,
    about: 'Ends the credential of a device, and within a second every stream that it has open.',
    codes: ['DEVICE_NOT_FOUND'],
    handle: ({ params, exchange }, { xopc, audit }) => {
      audit.write('PairAudit.revokeAsked', { id: cleanText(params['id'] ?? '', 64), by: exchange.principal.id, client: exchange.client })
      return xopc.revokeDevice(params['id'] ?? '')
    },
  }),
  route({
    ...routes.revokeDevices,
    about: 'The same for every device; says how many there were.',
    reply: z.object({ revoked: z.int() }),
    handle: async ({ exchange }, { xopc, audit }) => {
      audit.write('PairAudit.revokeAllAsked', { by: exchange.principal.id, client: exchange.client })
      return { revoked: await xopc.revokeDevices() }
    },
  }),
]
