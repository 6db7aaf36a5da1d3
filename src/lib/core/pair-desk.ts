import { normalizePublicUrl } from '../access/proxy/config.ts'
import { type ErrorInfo, XopcError } from '../errors/error.ts'
import type { Devices } from '../identity/devices.ts'
import type { Pairing, PairingRecord } from '../identity/pairing.ts'
import type { Probe } from '../probe/probe.ts'
import type { MethodView, Overview, Scope } from '../protocol/http-api.ts'
import { cleanText } from '../protocol/outside-text.ts'
import type { PairContext, PairingCode } from '../protocol/pairing-api.ts'
import { appLink, browserLink } from '../protocol/pairing-link.ts'
import type { Audit } from '../system/audit.ts'
import { deviceName, deviceView } from './device-desk.ts'
import { coreErrors } from './errors.ts'
import { doubtful, isForDevices, lanUrlOf, pairContext } from './pair-context.ts'
import { createLooker, type Looks } from './pair-look.ts'
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

/** Mints codes, shows them to whoever minted them, and takes them back. */
export function createPairDesk({ pairing, devices, probe, audit, overview }: PairDeskParts): PairDesk {
  const looker = createLooker(probe)

  async function pair(options: PairOptions = {}, caller: PairCaller = owner): Promise<PairingCode> {
    refuseBeyond(options, caller)
    const name = options.name === undefined ? null : deviceName(options.name)
    const seen = await overview()
    const given = options.baseUrl
    const [looks, wished] = await Promise.all([lookNow(seen), given === undefined ? null : asked(given, seen, caller)])
    const baseUrl = wished ?? recommended(seen, looks)
    const lan = lanUrlOf(seen, looks)
    const admin = options.admin === true
    const scopes = [...(admin ? everything : usual)]
    const code = pairing.mint({ by: caller.id, scopes, name, baseUrl, lanUrl: lan === baseUrl ? null : lan, browser: !admin })
    audit.write('PairAudit.minted', { code: code.id, by: caller.id, scopes, baseUrl })
    return await view(code)
  }

  /** A proxy that started after the gateway counts as out of order until it is looked at again, and nobody should wait for that. */
  async function lookNow(seen: Overview): Promise<Looks> {
    return await looker.at(doubtful(seen))
  }

  function recommended(seen: Overview, looks: Looks): string {
    const { recommended, blockReason } = pairContext(seen, looks)
    if (recommended === null) throw blocked(blockReason, seen, looks)
    return recommended
  }

  /** Below `admin` an address that is not known already would let its holder send the gateway, and later a device, anywhere. */
  async function asked(text: string, seen: Overview, { scopes, seenAs }: PairCaller): Promise<string> {
    const read = normalizePublicUrl(text)
    if (!read.ok) throw read.error
    if (!isForDevices(read.url)) throw coreErrors.LOOPBACK_NOT_REACHABLE({ url: read.url })
    const known = pairContext(seen).candidates.some(({ url }) => url === read.url) || seenAs === read.url
    if (!known && !scopes.has('admin')) throw scopeMissing('admin', scopes)
    const fault = await looker.faultAt(read.url)
    // The verdict has its code from the table of the test, and says more than the table does.
    if (fault !== null) throw new XopcError(fault, { http: 409, exit: 1 })
    return read.url
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
    async pairContext() {
      const seen = await overview()
      return pairContext(seen, await lookNow(seen))
    },
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

function blocked(reason: PairContext['blockReason'], { methods }: Overview, looks: Looks): XopcError {
  if (reason === 'GATEWAY_LOOPBACK_ONLY') return coreErrors.GATEWAY_LOOPBACK_ONLY()
  // What was just seen first: an address that fails is nearer to working than a method that waits.
  const causes = methods
    .flatMap((view) => causesIn(view, looks))
    .toSorted((a, b) => Number(a.see === undefined) - Number(b.see === undefined))
  const reasons = causes.map(({ at, code, message }) => `${at} (${code}): ${message}`).join(' ')
  const [first] = causes
  const see = first?.see ?? 'xopc status'
  const next = first?.hint === undefined ? `See what is wrong: ${see}` : `${first.hint} (more: ${see})`
  return coreErrors.NO_REACHABLE_URL({ reason: reasons, next })
}

/** What keeps devices from a method, and the command that shows each step of it. */
interface Cause extends ErrorInfo {
  at: string
  see?: string
}

/** Of a broker on this computer. */
function onlyHere(url: string): Cause {
  const message = 'It leads to this computer alone, because its broker is for trying.'
  const hint = 'Use a broker on the internet, or for devices at home: xopc lan on'
  return { code: 'LOOPBACK_NOT_REACHABLE', message, hint, at: `tunnel, ${url}`, see: 'xopc tunnel status' }
}

function causesIn({ id, state }: MethodView, looks: Looks): Cause[] {
  if (state.phase === 'blocked') return [{ ...state.needs, at: id }]
  const urls = 'urls' in state ? state.urls : []
  const seen = urls.flatMap((url) => {
    const fault = looks.get(url)
    return fault ? [{ ...fault, at: `${id}, ${url}`, see: `xopc proxy test ${url}` }] : []
  })
  if (seen.length > 0) return seen
  if ('error' in state) return [{ ...state.error, at: id }]
  return id === 'tunnel' ? urls.filter((url) => !isForDevices(url)).map(onlyHere) : []
}
