import type { Config } from '../../config/schema.ts'
import type { ConfigEdits } from '../../config/watch.ts'
import type { XopcError } from '../../errors/error.ts'
import { tunnelConsent } from '../../protocol/consent.ts'
import type { Audience } from '../../protocol/http-api.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { isPrivateHost } from '../../protocol/reach.ts'
import { readTunnel } from '../../state/tunnel.ts'
import type { State } from '../../state/store.ts'
import type { AccessOptions, Exposure, Facts, Plan } from '../access-method.ts'
import { isBrokerHere } from './config.ts'
import { tunnelErrors } from './errors.ts'
import { registrationSecret } from './secret.ts'

/** Whether the configuration asks for the tunnel now. Beside Tailscale it starts neither. */
export function intended({ gateway, tunnel }: Config): boolean {
  return tunnel.enabled && gateway.tailscale.mode === 'off'
}

/** Everybody. */
export function audience(): Audience {
  return 'internet'
}

/** The audience in words: a broker on this computer lets nobody else in. */
export function audienceText({ tunnel }: Config): string {
  return isBrokerHere(tunnel.brokerUrl) ? 'this computer alone, by a broker for trying' : 'the whole internet'
}

/** Why it must not be switched on: `TUNNEL_AUTH_REQUIRED`, `TUNNEL_BROKER_INSECURE`, `TUNNEL_REGISTRATION_SECRET_REQUIRED`; or null. Pure. */
export function refusal(config: Config): XopcError | null {
  if (config.gateway.auth.mode === 'none') return tunnelErrors.TUNNEL_AUTH_REQUIRED()
  const { protocol, hostname, origin: broker } = new URL(config.tunnel.brokerUrl)
  if (protocol === 'http:' && !isPrivateHost(hostname)) return tunnelErrors.TUNNEL_BROKER_INSECURE({ broker })
  return registrationSecret(config) === null ? tunnelErrors.TUNNEL_REGISTRATION_SECRET_REQUIRED({ broker }) : null
}

/** `TUNNEL_CONSENT_REQUIRED` where nobody agreed to the text as it is now; or null. Pure. */
export function consentMissing({ tunnel }: Config): XopcError | null {
  return tunnel.consent?.version === tunnelConsent.version ? null : tunnelErrors.TUNNEL_CONSENT_REQUIRED()
}

/** `TUNNEL_CONSENT_REQUIRED` or `TUNNEL_AUTOSTART_NOT_READY` where edits would let it start by itself before anybody saw it work. Throws what reading the lease throws. */
export async function unready(config: Config, edits: ConfigEdits, state: State): Promise<XopcError | null> {
  if (edits['tunnel.autoStart'] !== true || config.tunnel.autoStart) return null
  const unasked = consentMissing(config)
  if (unasked !== null) return unasked
  return (await hasSucceeded(state)) ? null : tunnelErrors.TUNNEL_AUTOSTART_NOT_READY()
}

/** Whether the tunnel worked once on this computer. Throws what reading the lease throws. */
export async function hasSucceeded(state: State): Promise<boolean> {
  const saved = await readTunnel(state)
  return saved !== null && saved.succeededAt !== null
}

/** A start opens the tunnel only where that is asked for, agreed to, and has been seen to work. Throws what reading the lease throws. */
export async function atStart(config: Config, state: State): Promise<ConfigEdits> {
  const { tunnel } = config
  const opens = tunnel.autoStart && consentMissing(config) === null && (await hasSucceeded(state))
  return opens === tunnel.enabled ? {} : { 'tunnel.enabled': opens }
}

/** What it would do. Pure. */
export function plan(config: Config, facts: Facts): Plan {
  const refused = refusal(config) ?? consentMissing(config)
  if (refused !== null) return { steps: [], refusal: refused.info() }
  const { lease, frpc } = facts
  const { origin } = new URL(config.tunnel.brokerUrl)
  const wish = config.tunnel.subdomain === undefined ? 'a name' : `the name ${config.tunnel.subdomain}`
  return {
    steps: [
      ...(frpc === 'missing' ? [{ title: 'download frpc, the program that holds the tunnel, and check its digest' }] : []),
      { title: typeof lease === 'string' ? `take up the lease of ${lease} at ${origin}` : `register with ${origin}, and get ${wish}` },
      { title: 'listen on a unix socket of its own for frpc' },
      { title: `open it to ${audienceText(config)}`, argv: ['frpc', '-c', 'frpc.toml'] },
    ],
  }
}

/** `tunnel.enabled`, and the broker where one was named. Throws `TUNNEL_BROKER_INVALID`. */
export function settingsOn({ broker }: AccessOptions): ConfigEdits {
  if (broker !== undefined && !isBrokerUrl(broker)) throw tunnelErrors.TUNNEL_BROKER_INVALID({ broker: cleanText(broker, 100) })
  return { 'tunnel.enabled': true, ...(broker === undefined ? {} : { 'tunnel.brokerUrl': broker }) }
}

/** `tunnel.enabled` false; whether it starts by itself the next time is another setting. */
export function settingsOff(): ConfigEdits {
  return { 'tunnel.enabled': false }
}

/** The configuration with edited settings of the tunnel. */
export function proposed(config: Config, edits: ConfigEdits): Config {
  const { tunnel } = config
  const enabled = edits['tunnel.enabled'] ?? tunnel.enabled
  const autoStart = edits['tunnel.autoStart'] ?? tunnel.autoStart
  const brokerUrl = edits['tunnel.brokerUrl'] ?? tunnel.brokerUrl
  const isSame = enabled === tunnel.enabled && autoStart === tunnel.autoStart && brokerUrl === tunnel.brokerUrl
  if (isSame || typeof enabled !== 'boolean' || typeof autoStart !== 'boolean' || !isBrokerUrl(brokerUrl)) return config
  return { ...config, tunnel: { ...tunnel, enabled, autoStart, brokerUrl } }
}

function isBrokerUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value)
}

/** Beside Tailscale it is not opened. */
export const exposure: Exposure = {
  name: () => 'the public tunnel',
  wanted: ({ tunnel }) => tunnel.enabled || tunnel.autoStart,
  away: () => ({ 'tunnel.enabled': false, 'tunnel.autoStart': false }),
  // `stop` leaves it to start by itself.
  off: ({ tunnel }) => (tunnel.autoStart ? 'xopc config set tunnel.enabled=false tunnel.autoStart=false' : 'xopc tunnel stop'),
  replace: 'xopc tunnel start --replace',
}
