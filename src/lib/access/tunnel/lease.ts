import { XopcError } from '../../errors/error.ts'
import type { BrokerDiscovery, Registration } from '../../protocol/broker-api.ts'
import { readTunnel, type SavedTunnel, saveTunnel } from '../../state/tunnel.ts'
import type { AccessContext } from '../access-method.ts'
import { heartbeat, type LeaseKey, register } from './broker.ts'
import { tunnelErrors } from './errors.ts'

/** A public name for as long as heartbeats come, and how frpc gets it. */
export interface Lease extends Registration, LeaseKey {
  tls: boolean
  /** Who signed the certificate of the frp server, where no public authority did. */
  caPem: string | undefined
}

/** What a lease is asked for with. */
export interface LeaseWish {
  secret: string
  secretSource: string
  subdomain: string | undefined
}

/** A copy is looked for no longer than this (ms): where nothing answers, there is none. */
const LOOK_MS = 2500

/**
 * Gets the lease of last time anew, or another one, and keeps it on disk before anybody uses it. Throws as `register`, `TUNNEL_STATE_BROKEN`, and
 * `TUNNEL_IDENTITY_IN_USE` where another gateway with this identity serves the name.
 */
export async function acquireLease(
  context: AccessContext,
  discovery: BrokerDiscovery,
  wish: LeaseWish,
  signal: AbortSignal,
): Promise<Lease> {
  const { brokerUrl, transport, caPem } = discovery
  const saved = await readTunnel(context.state)
  const last = saved !== null && new URL(saved.brokerUrl).origin === new URL(brokerUrl).origin ? saved : null
  if (last !== null) await refuseCopy(context, last, signal)
  const { secret, secretSource, subdomain: preferredSubdomain } = wish
  const registration = await register(
    discovery,
    {
      sign: context.sign,
      version: context.version,
      secret,
      secretSource,
      preferredSubdomain,
      recoveryToken: last?.tunnelToken,
      now: context.clock.now(),
    },
    signal,
  )
  const isSame = last?.publicUrl === registration.publicUrl
  await saveTunnel(context.state, savedOf(registration, brokerUrl, context.clock.now(), isSame ? last.succeededAt : null))
  context.audit.write('TunnelAudit.registered', { broker: new URL(brokerUrl).origin, url: registration.publicUrl, again: isSame })
  return { ...registration, brokerUrl, tls: transport.tls, caPem, told: [wish.secret, registration.frpc.authToken] }
}

/** That it worked through its public address just now; by this it may start by itself. Throws what writing throws. */
export async function noteSuccess({ state, clock }: AccessContext): Promise<void> {
  const saved = await readTunnel(state)
  if (saved !== null) await saveTunnel(state, { ...saved, succeededAt: new Date(clock.now()).toISOString() })
}

/**
 * A name belongs to this gateway's key for ever. So where somebody proves at that address, while our own door is closed, to be an xopc gateway,
 * it is one with a copy of our state folder (attack A88).
 */
async function refuseCopy({ probe, audit }: AccessContext, saved: SavedTunnel, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(LOOK_MS)
  const met = await probe.confirm(saved.publicUrl, AbortSignal.any([signal, limit])).catch((error: unknown) => {
    if (limit.aborted && !signal.aborted) return null
    throw error
  })
  if (met?.code !== 'WRONG_GATEWAY') return
  audit.write('TunnelAudit.identityInUse', { url: saved.publicUrl })
  // So that the other one hears of this one. Where the broker cannot be told, only this one says so.
  await heartbeat(saved, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    if (!(error instanceof XopcError)) throw error
  })
  throw tunnelErrors.TUNNEL_IDENTITY_IN_USE({ url: saved.publicUrl })
}

function savedOf(registration: Registration, brokerUrl: string, now: number, succeededAt: string | null): SavedTunnel {
  const { tunnelId, tunnelToken, subdomain, publicUrl, frpc } = registration
  const { serverAddr, serverPort, proxyName } = frpc
  return {
    brokerUrl,
    tunnelId,
    tunnelToken,
    subdomain,
    publicUrl,
    frpc: { serverAddr, serverPort, proxyName },
    registeredAt: new Date(now).toISOString(),
    succeededAt,
  }
}
