import type { Config } from '../../config/schema.ts'
import type { ConfigEdits } from '../../config/watch.ts'
import type { XopcError } from '../../errors/error.ts'
import type { Audience } from '../../protocol/http-api.ts'
import type { AccessOptions, Plan } from '../access-method.ts'
import { accessErrors } from '../errors.ts'
import { isPrivateHost } from '../../protocol/reach.ts'
import { normalizePublicUrl } from './config.ts'
import { proxyErrors } from './errors.ts'

/** Whether a public URL is configured. */
export function intended(config: Config): boolean {
  return config.gateway.publicUrl !== undefined
}

/** By the name alone: a private address is for the same network, everything else may be for everybody. */
export function audience({ gateway: { publicUrl } }: Config): Audience {
  return publicUrl !== undefined && isPrivateHost(new URL(publicUrl).hostname) ? 'lan' : 'internet'
}

/** The audience in words. */
export function audienceText(config: Config): string {
  if (audience(config) === 'lan') return 'whoever your proxy lets in from the same network'
  return 'whoever can reach your proxy, perhaps the whole internet'
}

/** Why there is nothing to put to use, or why it must not be: `PROXY_URL_MISSING`, `EXPOSURE_NEEDS_AUTH`; or null. */
export function refusal(config: Config): XopcError | null {
  if (!intended(config)) return proxyErrors.PROXY_URL_MISSING()
  return config.gateway.auth.mode === 'none' ? accessErrors.EXPOSURE_NEEDS_AUTH() : null
}

/** Pure: xopc opens nothing for a proxy, it takes up the name and looks whether it leads here. */
export function plan(config: Config): Plan {
  const { publicUrl, port, proxySocket } = config.gateway
  const refused = refusal(config)
  if (refused !== null) return { steps: [], refusal: refused.info() }
  const door = proxySocket ?? `127.0.0.1:${port}`
  return {
    steps: [
      { title: `answer as ${publicUrl}: its name counts for Host, Origin and the identity challenge` },
      { title: `test from this computer that ${publicUrl} leads to ${door}, streams and upgrades, and go on looking every 20 s` },
    ],
  }
}

/** `gateway.publicUrl`. Throws the six codes of a public URL, `PROXY_URL_MISSING`. */
export function settingsOn({ url }: AccessOptions): ConfigEdits {
  if (url === undefined) return {}
  const verdict = normalizePublicUrl(url)
  if (!verdict.ok) throw verdict.error
  return { 'gateway.publicUrl': verdict.url }
}

/** Takes `gateway.publicUrl` out. */
export function settingsOff(): ConfigEdits {
  return { 'gateway.publicUrl': null }
}

/** The configuration with an edited `gateway.publicUrl`. */
export function proposed(config: Config, edits: ConfigEdits): Config {
  if (!('gateway.publicUrl' in edits)) return config
  const given = edits['gateway.publicUrl']
  const { publicUrl, ...rest } = config.gateway
  if (given === null) return publicUrl === undefined ? config : { ...config, gateway: rest }
  // What is no good URL is refused where the edit itself is judged, with its line.
  const verdict = typeof given === 'string' ? normalizePublicUrl(given) : null
  if (verdict === null || !verdict.ok || verdict.url === publicUrl) return config
  return { ...config, gateway: { ...config.gateway, publicUrl: verdict.url } }
}
