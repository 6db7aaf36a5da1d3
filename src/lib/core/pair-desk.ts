import { normalizePublicUrl } from '../access/proxy/config.ts'
import { type ErrorInfo, XopcError } from '../errors/error.ts'
import type { Devices } from '../identity/devices.ts'
import type { Pairing, PairingRecord } from '../identity/pairing.ts'
import type { Probe } from '../probe/probe.ts'
import type { AccessState, Overview, Scope, StageName, Verdict } from '../protocol/http-api.ts'
import { cleanText } from '../protocol/outside-text.ts'
import type { PairContext, PairingCode } from '../protocol/pairing-api.ts'
import { appLink, browserLink } from '../protocol/pairing-link.ts'
import type { Audit } from '../system/audit.ts'
import { deviceName, deviceView } from './device-desk.ts'
import { coreErrors } from './errors.ts'
import { connectUrls, isForDevices, lanUrlOf, pairContext } from './pair-context.ts'
import { qrOf } from './qr.ts'
import type { PairCaller, PairOptions, Xopc } from './xopc.ts'

/** What minting needs. */
export interface PairDeskParts {
  pairing: Pairing
  devices: Pick<Devices, 'list'>
  probe: Pick<Probe, 'test'>
  audit: Pick<Audit, 'write'>
  overview(): Promise<Overview>
}

/** The part of Xopc that is about pairing codes. */
export type PairDesk = Pick<Xopc, 'pair' | 'pairing' | 'cancelPairing' | 'pairContext'>

const everything: readonly Scope[] = ['read', 'run', 'pair', 'admin']
const usual: readonly Scope[] = ['read', 'run']
/** Who asks over the control socket. */
const owner: PairCaller = { id: 'owner', scopes: new Set(everything), seenAs: null }
/** The staged test bounds itself at 15 s; this is for a computer that stood still meanwhile. */
const PROBE_MS = 20_000
/** A device can live without streams that arrive at once; without these it does not reach this gateway, or not as itself. */
const needed: ReadonlySet<StageName> = new Set(['dns', 'tcp', 'tls', 'http', 'identity', 'auth'])

/** Mints codes, shows them to whoever minted them, and takes them back. */
export function createPairDesk({ pairing, devices, probe, audit, overview }: PairDeskParts): PairDesk {
  async function pair(options: PairOptions = {}, caller: PairCaller = owner): Promise<PairingCode> {
    refuseBeyond(options, caller)
    const name = options.name === undefined ? null : deviceName(options.name)
    const seen = await overview()
    const baseUrl = options.baseUrl === undefined ? await recommended(seen) : await asked(options.baseUrl, seen, caller)
    const lan = lanUrlOf(seen)
    const admin = options.admin === true
    const scopes = [...(admin ? everything : usual)]
    const code = pairing.mint({ by: caller.id, scopes, name, baseUrl, lanUrl: lan === baseUrl ? null : lan, browser: !admin })
    audit.write('PairAudit.minted', { code: code.id, by: caller.id, scopes, baseUrl })
    return await view(code)
  }

  /** The best address that is proven; where none is yet, the first that passes a look now. */
  async function recommended(seen: Overview): Promise<string> {
    const { candidates, blockReason } = pairContext(seen)
    if (blockReason !== null) throw blocked(blockReason, seen)
    const proven = candidates.find(({ reachable }) => reachable)
    if (proven !== undefined) return proven.url
    const faults: string[] = []
    for (const url of connectUrls(seen)) {
      const fault = await faultAt(url)
      if (fault === null) return url
      faults.push(`${url}: ${fault.message}`)
    }
    throw coreErrors.NO_REACHABLE_URL({ reason: faults.join(' '), next: 'See what is wrong with it: xopc status' })
  }

  /** Below `admin` an address that is not known already would let its holder send the gateway, and later a device, anywhere. */
  async function asked(text: string, seen: Overview, { scopes, seenAs }: PairCaller): Promise<string> {
    const read = normalizePublicUrl(text)
    if (!read.ok) throw read.error
    if (!isForDevices(read.url)) throw coreErrors.LOOPBACK_NOT_REACHABLE({ url: read.url })
    const known = pairContext(seen).candidates.some(({ url }) => url === read.url) || seenAs === read.url
    if (!known && !scopes.has('admin')) throw scopeMissing('admin', scopes)
    const fault = await faultAt(read.url)
    // The verdict has its code from the table of the test, and says more than the table does.
    if (fault !== null) throw new XopcError(fault, { http: 409, exit: 1 })
    return read.url
  }

  /** Why a device could not reach this gateway at a URL, or null. */
  async function faultAt(url: string): Promise<Extract<Verdict, { ok: false }> | null> {
    const verdict = await probe.test(url, { signal: AbortSignal.timeout(PROBE_MS) })
    if (verdict.ok) return null
    return verdict.stages.some(({ stage, status }) => status === 'fail' && needed.has(stage)) ? verdict : null
  }

  function own(id: string, caller: PairCaller): PairingRecord {
    const record = pairing.get(id, caller.id)
    if (record === null) throw coreErrors.PAIRING_NOT_FOUND({ id: cleanText(id, 64) })
    return record
  }

  async function view(record: PairingRecord): Promise<PairingCode> {
    const { id, state, scopes, name, baseUrl, lanUrl, deviceId } = record
    const links = linksOf(record)
    const joined = devices.list().find((device) => device.id === deviceId)
    return {
      id,
      state,
      expiresAt: new Date(record.expiresAt).toISOString(),
      scopes: [...scopes],
      name,
      baseUrl,
      lanUrl,
      links,
      qr: links && { app: await qrOf(links.app), browser: links.browser === null ? null : await qrOf(links.browser) },
      device: joined === undefined ? null : deviceView(joined),
    }
  }

  return {
    pair,
    pairing: async (id, caller = owner) => await view(own(id, caller)),
    async cancelPairing(id, caller = owner) {
      const { state } = own(id, caller)
      if (state !== 'waiting') return
      pairing.cancel(id, caller.id)
      audit.write('PairAudit.cancelled', { code: id, by: caller.id })
    },
    pairContext: async () => pairContext(await overview()),
  }
}

function refuseBeyond({ admin, browser }: PairOptions, { scopes }: PairCaller): void {
  if (!scopes.has('pair')) throw scopeMissing('pair', scopes)
  if (admin !== true) return
  // Whoever may pair others may not make more of them than it is itself (attack A55).
  if (!scopes.has('admin')) throw scopeMissing('admin', scopes)
  if (browser === true) throw coreErrors.ADMIN_IN_XOPC_UI()
}

function scopeMissing(scope: Scope, has: ReadonlySet<Scope>): XopcError {
  return coreErrors.SCOPE_MISSING({ scope, has: [...has].join(', ') || 'none' })
}

function linksOf({ state, id, baseUrl, lanUrl, appSecret, browserSecret }: PairingRecord): PairingCode['links'] {
  if (state !== 'waiting') return null
  const app = appLink({ id, baseUrl, lanUrl, secret: appSecret })
  return { app, browser: browserSecret === null ? null : browserLink({ baseUrl, secret: browserSecret }) }
}

function blocked(reason: NonNullable<PairContext['blockReason']>, { methods }: Overview): XopcError {
  if (reason === 'GATEWAY_LOOPBACK_ONLY') return coreErrors.GATEWAY_LOOPBACK_ONLY()
  const [first] = methods.flatMap(({ id, state }) => troubleOf(state).map(({ message, hint }) => ({ id, message, hint })))
  const next = first?.hint ?? 'See what is wrong: xopc status'
  return coreErrors.NO_REACHABLE_URL({ reason: first === undefined ? '' : `${first.id}: ${first.message}`, next })
}

function troubleOf(state: AccessState): ErrorInfo[] {
  if (state.phase === 'blocked') return [state.needs]
  return 'error' in state ? [state.error] : []
}
