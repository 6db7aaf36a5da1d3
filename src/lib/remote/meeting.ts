import { changeKnownGateway, type KnownGateway } from '../state/known-gateways.ts'
import type { State } from '../state/store.ts'
import { remoteErrors } from './errors.ts'
import type { ProvenLine } from './proven.ts'
import type { Proven } from './prove.ts'

/** A gateway that this computer meets for the first time. */
export interface Meeting {
  place: string
  gateway: Proven
  /** Nobody vouches for it: over plain http whoever is between could have answered. */
  isPlain: boolean
}

/** Told of a gateway that was not met before; says whether to go on. */
export type Meet = (meeting: Meeting) => Promise<boolean>

/** When a gateway was seen last is kept this exactly, in milliseconds. */
const SEEN_MS = 3_600_000

/** Asks whether to go on with somebody new. ssh and a good certificate vouch for who is at their other end. Throws `PIN_REQUIRED`. */
export async function meetNew({ way: { place, origin }, gateway }: ProvenLine, viaSsh: boolean, meet: Meet): Promise<void> {
  const isPlain = !viaSsh && origin.startsWith('http:')
  if (!(await meet({ place, gateway, isPlain }))) throw remoteErrors.PIN_REQUIRED({ place, fingerprint: gateway.fingerprint })
}

/** Keeps who was there, and where it worked. Throws as `changeKnownGateway`. */
export async function keepSeen(
  state: State,
  origin: string,
  { gateway, lastGood }: { gateway: Proven; lastGood: string | null },
): Promise<void> {
  await changeKnownGateway(state, origin, (before) => {
    const now = new Date()
    const { gatewayId, publicKey } = gateway
    const isSame = before?.publicKey === publicKey && before.gatewayId === gatewayId
    if (before !== null && isSame && before.lastGood === lastGood && now.getTime() - Date.parse(before.lastSeen) < SEEN_MS) return before
    const kept: Pick<KnownGateway, 'urls' | 'firstSeen'> = isSame ? before : { urls: [], firstSeen: now.toISOString() }
    return { origin, gatewayId, publicKey, urls: kept.urls, lastGood, firstSeen: kept.firstSeen, lastSeen: now.toISOString() }
  })
}
