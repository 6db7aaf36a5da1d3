import { isIP } from 'node:net'
import { z } from 'zod'
import { deviceView } from '../../core/device-desk.ts'
import { connectUrls } from '../../core/pair-context.ts'
import type { PairingRecord } from '../../identity/pairing.ts'
import type { XopcError } from '../../errors/error.ts'
import type { Devices } from '../../identity/devices.ts'
import { deviceCookie } from '../../identity/device-cookie.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import type { Device, Joined } from '../../protocol/pairing-api.ts'
import { gatewayErrors } from '../errors.ts'
import type { ControlContext } from './context.ts'
import type { Call } from './route.ts'

/**
 * What a device sends with its code. What else it sends is passed over: phones that exist may send more, and no wish of a device changes what
 * the code was minted with (attacks A48, A58).
 */
export const joinBody = z.object({
  pairingSecret: z.string().min(1).max(512),
  deviceName: z.string().max(1024).optional(),
  platform: z.string().max(1024).optional(),
  as: z.literal('cookie').optional(),
})

type JoinCall = Call<z.output<typeof joinBody>, unknown>

/** Makes a device of whoever brings a code that is good here. Throws `PAIRING_INVALID`, `PAIRING_BLOCKED`, `DEVICE_NOT_SAVED`. */
export async function join(call: JoinCall, context: ControlContext): Promise<Joined> {
  const { body, exchange } = call
  const code = context.pairing.redeem(body.pairingSecret, body.as ?? 'token', exchange.origin)
  if (code === null) throw refusal(call, context)
  const { record, token } = await newDevice(call, code, context)
  // Where it came from when it joined is shown to whoever let it in, and every other network is a new one.
  context.devices.seen(record, { ip: isIP(call.exchange.client) === 0 ? null : call.exchange.client, ingress: call.exchange.ingress })
  context.pairing.joined(code.id, record.id)
  tell(deviceView(context.devices.get(record.id) ?? record), call, context)
  if (body.as === 'cookie') call.header('set-cookie', deviceCookie(code.baseUrl, token))
  const urls = connectUrls(await context.xopc.overview())
  return {
    ...(body.as === 'cookie' ? {} : { token }),
    baseUrl: code.baseUrl,
    lanUrl: code.lanUrl,
    // The address of the code was proven when it was minted, also where it is none of the configured ones.
    connectUrls: urls.includes(code.baseUrl) ? urls : [code.baseUrl, ...urls],
    gatewayId: context.signer.gatewayId,
    publicKey: context.signer.publicKey,
    device: { id: record.id, name: record.name, scopes: [...record.scopes] },
  }
}

/** A device that cannot be saved has not joined: the code is good again. Whoever brought it is a stranger to this computer's files, so the log alone says why. */
async function newDevice(call: JoinCall, code: PairingRecord, { devices, pairing, log }: ControlContext): ReturnType<Devices['add']> {
  try {
    return await devices.add({ ...described(call, code), scopes: [...code.scopes], baseUrl: code.baseUrl })
  } catch (error) {
    pairing.giveBack(code.id)
    log.error('a device could not be saved', { error })
    throw gatewayErrors.DEVICE_NOT_SAVED(undefined, { cause: error })
  }
}

/** What the owner said of the device counts before what it says itself. */
function described({ body }: JoinCall, { name }: PairingRecord): Pick<Device, 'name' | 'platform' | 'kind'> {
  const kind = body.as === 'cookie' ? 'browser' : 'app'
  const said = cleanText(body.deviceName ?? '', 64)
  const platform = cleanText(body.platform ?? '', 64)
  return { kind, name: name ?? (said === '' ? nameless[kind] : said), platform: platform === '' ? null : platform }
}

const nameless = { app: 'Phone', browser: 'Browser' } as const

function tell(device: Device, { exchange }: JoinCall, { xopc, audit }: ControlContext): void {
  const { id, name, kind, scopes } = device
  audit.write('PairAudit.paired', { id, name, kind, scopes, client: exchange.client, ingress: exchange.ingress })
  xopc.publish('device.paired', { device })
}

/** Wrong, used, expired and brought the wrong way all look the same. A source with too many of them waits; a code that is right never does. */
function refusal({ exchange, header }: JoinCall, { limiter, refusals }: ControlContext): XopcError {
  const blockedMs = exchange.ingress === 'control' ? 0 : limiter.wrongCode(exchange.client)
  if (blockedMs === 0) {
    refusals.note('PairAudit.refused', { client: exchange.client, ingress: exchange.ingress })
    return gatewayErrors.PAIRING_INVALID()
  }
  const seconds = Math.ceil(blockedMs / 1000)
  header('retry-after', String(seconds))
  return gatewayErrors.PAIRING_BLOCKED({ seconds })
}
