import ipaddr from 'ipaddr.js'
import type { Config } from '../../config/schema.ts'
import type { ConfigEdits } from '../../config/watch.ts'
import type { XopcError } from '../../errors/error.ts'
import type { Audience, Candidate } from '../../protocol/http-api.ts'
import { accessErrors } from '../errors.ts'
import type { AccessOptions, Facts, Plan } from '../access-method.ts'
import { addressesFor, authorityOf, type LocalAddress, noteOf, reachOf, usableAddresses } from './addresses.ts'
import { isBind, isLoopbackBind } from './config.ts'
import { lanErrors } from './errors.ts'

/** What `inspect` of lan finds. */
export interface LanFacts extends Facts {
  addresses: readonly LocalAddress[]
}

/** The facts of lan. */
export function lanFacts(facts: Facts): LanFacts {
  // `as`: facts of a method come from its own inspect alone; the border between methods and core does not know their shape.
  return facts as LanFacts
}

/** Whether the configuration asks for more than loopback. */
export function intended(config: Config): boolean {
  return !isLoopbackBind(config.gateway.bind)
}

/** Addresses that the configuration means; where it means loopback, those that `lan on` would take. */
export function chosen(config: Config, { addresses }: LanFacts): LocalAddress[] {
  return addressesFor(intended(config) ? config.gateway.bind : 'lan', addresses)
}

/** Who could come. Without facts a wildcard counts as the local network. */
export function audience(config: Config, facts?: Facts): Audience {
  const { bind } = config.gateway
  const addresses = facts === undefined ? [bind] : chosen(config, lanFacts(facts)).map(({ address }) => address)
  const reaches = new Set(addresses.map(reachOf))
  if (reaches.has('public')) return 'internet'
  return bind === 'tailnet' || (reaches.size === 1 && reaches.has('tailnet')) ? 'tailnet' : 'lan'
}

const audienceWords: Record<Audience, string> = {
  lan: 'anyone on the same network',
  tailnet: 'the devices of your tailnet',
  internet: 'anyone who can reach a public address of this computer, perhaps the whole internet',
}

/** The audience in words. */
export function audienceText(config: Config, facts?: Facts): string {
  return audienceWords[audience(config, facts)]
}

/** The chosen addresses as URLs with what is to be said of each. */
export function candidates(config: Config, facts: Facts): Candidate[] {
  return chosen(config, lanFacts(facts)).flatMap((local) => {
    if (local.kind === 'loopback') return []
    const url = `http://${authorityOf(local.address, config.gateway.port)}`
    return [{ url, interface: local.interface, kind: local.kind, note: noteOf(local) }]
  })
}

/** Why lan must not be switched on: `EXPOSURE_NEEDS_AUTH`, `ADDRESS_INVALID`, `LAN_ADDRESS_NOT_AVAILABLE`; or null. */
export function refusal(config: Config, facts: Facts | null): XopcError | null {
  const { bind, auth } = config.gateway
  if (!isBind(bind)) return lanErrors.ADDRESS_INVALID({ address: bind })
  if (auth.mode === 'none') return accessErrors.EXPOSURE_NEEDS_AUTH()
  if (facts === null) return null
  const { addresses } = lanFacts(facts)
  const isOneAddress = ipaddr.isValid(bind) && ipaddr.process(bind).range() !== 'unspecified'
  return isOneAddress && addressesFor(bind, addresses).length === 0 ? notAvailable(bind, addresses) : null
}

/** `LAN_ADDRESS_NOT_AVAILABLE`, naming the addresses that are. */
export function notAvailable(address: string, addresses: readonly LocalAddress[]): XopcError {
  const usable = usableAddresses(addresses).map((local) => `${local.address} (${local.interface})`)
  return lanErrors.LAN_ADDRESS_NOT_AVAILABLE({ address, available: usable.join(', ') || 'none at the moment' })
}

/** What keeps lan from listening for the moment, or null: no address yet, or the one that was named is not there. */
export function missing(config: Config, facts: LanFacts): XopcError | null {
  if (chosen(config, facts).length > 0) return null
  return refusal(config, facts) ?? lanErrors.LAN_NO_ADDRESS({ bind: config.gateway.bind })
}

/** Pure: one listener for each address. */
export function plan(config: Config, facts: Facts): Plan {
  const inTheWay = refusal(config, facts) ?? missing(config, lanFacts(facts))
  if (inTheWay !== null) return { steps: [], refusal: inTheWay.info() }
  const steps = candidates(config, facts).map(
    ({ url, note }) => `listen on ${url.slice('http://'.length)}${note === null ? '' : ` (${note})`}`,
  )
  return { steps: steps.map((title) => ({ title })) }
}

/** `gateway.bind`: the address, or every private one. Throws `ADDRESS_INVALID` for what is no address of the network. */
export function settingsOn({ address }: AccessOptions): ConfigEdits {
  if (address === undefined) return { 'gateway.bind': 'lan' }
  if (!ipaddr.isValid(address) || !isBind(address) || isLoopbackBind(address)) throw lanErrors.ADDRESS_INVALID({ address })
  return { 'gateway.bind': address }
}

/** `gateway.bind` back to loopback. */
export function settingsOff(): ConfigEdits {
  return { 'gateway.bind': 'loopback' }
}

/** The configuration with an edited `gateway.bind`. */
export function proposed(config: Config, edits: ConfigEdits): Config {
  const bind = edits['gateway.bind']
  return typeof bind === 'string' && bind !== config.gateway.bind ? { ...config, gateway: { ...config.gateway, bind } } : config
}
