import { serveArgs, type ServeEntry, type ServeWish } from '../../binaries/tailscale-serve.ts'
import { binaryErrors } from '../../binaries/errors.ts'
import type { Config } from '../../config/schema.ts'
import type { ConfigEdits } from '../../config/watch.ts'
import type { ErrorInfo, XopcError } from '../../errors/error.ts'
import { funnelConsent } from '../../protocol/consent.ts'
import type { Audience } from '../../protocol/http-api.ts'
import type { TailscaleExposure } from '../../state/exposures.ts'
import type { AccessOptions, Exposure, Facts, Plan } from '../access-method.ts'
import { accessErrors } from '../errors.ts'
import { describeEntry, otherPort, standingOf } from './entry.ts'
import { tailscaleErrors } from './errors.ts'
import { type TailscaleFacts, tailscaleFacts } from './facts.ts'

/** Something that only a person can do, and where or how. */
export interface Obstacle {
  needs: ErrorInfo
  url?: string
  command?: string
}

/** Where an administrator of a tailnet decides. */
export const CONSOLE = 'https://login.tailscale.com/admin'
/** How a person agrees to Funnel. */
export const AGREE = 'xopc tailscale funnel --accept-risk'

/** Whether the configuration asks for Serve or Funnel. Beside the public tunnel it starts neither. */
export function intended({ gateway, tunnel }: Config): boolean {
  return gateway.tailscale.mode !== 'off' && !tunnel.enabled && !tunnel.autoStart
}

/** Beside the public tunnel it is not opened. */
export const exposure: Exposure = {
  name: ({ gateway: { tailscale } }) => (tailscale.mode === 'funnel' ? 'Tailscale Funnel' : 'Tailscale Serve'),
  wanted: ({ gateway: { tailscale } }) => tailscale.mode !== 'off',
  away: () => ({ 'gateway.tailscale.mode': 'off' }),
  off: () => 'xopc tailscale off',
  replace: 'xopc tailscale serve --replace',
}

/** Serve is for the tailnet, Funnel for everybody. */
export function audience({ gateway }: Config): Audience {
  return gateway.tailscale.mode === 'funnel' ? 'internet' : 'tailnet'
}

/** The audience in words. */
export function audienceText(config: Config): string {
  return audience(config) === 'internet' ? 'the whole internet' : 'the devices of your tailnet'
}

/** Why it must not be switched on: `EXPOSURE_NEEDS_AUTH`, `FUNNEL_PORT`; or null. What waits for a person is no refusal. Pure. */
export function refusal(config: Config, facts: Facts | null): XopcError | null {
  if (config.gateway.auth.mode === 'none') return accessErrors.EXPOSURE_NEEDS_AUTH()
  return facts === null ? null : funnelPort(config, tailscaleFacts(facts))
}

/** A port that Funnel does not take. */
function funnelPort({ gateway: { tailscale } }: Config, { status }: TailscaleFacts): XopcError | null {
  const { mode, httpsPort: port } = tailscale
  const ports = status?.state === 'Running' ? status.funnelPorts : []
  if (mode !== 'funnel' || ports.length === 0 || ports.includes(port)) return null
  return tailscaleErrors.FUNNEL_PORT({ port, allowed: ports.join(', ') })
}

/** `CONSENT_REQUIRED` where Funnel is asked for and nobody agreed to it as it is now; or null. Pure. */
export function consentMissing({ gateway: { tailscale } }: Config): XopcError | null {
  const agreed = tailscale.mode !== 'funnel' || tailscale.consent?.version === funnelConsent.version
  return agreed ? null : accessErrors.CONSENT_REQUIRED({ command: AGREE })
}

/** What a person has to do before Tailscale can serve anything; null where nothing. Where https is off, asking to serve tells. Pure. */
export function obstacle(config: Config, facts: TailscaleFacts): Obstacle | null {
  const { problem, status } = facts
  if (problem !== null) return { needs: problem }
  if (status === null) return starting()
  const port = funnelPort(config, facts)
  return port === null ? ofState(status) : { needs: port.info() }
}

function ofState({ state, authUrl }: NonNullable<TailscaleFacts['status']>): Obstacle | null {
  switch (state) {
    case 'NeedsLogin':
      return {
        needs: binaryErrors.TAILSCALE_LOGGED_OUT().info(),
        command: 'tailscale up',
        ...(authUrl === null ? {} : { url: authUrl }),
      }
    case 'Stopped':
      return { needs: binaryErrors.TAILSCALE_STOPPED().info(), command: 'tailscale up' }
    case 'NeedsMachineAuth':
      return { needs: binaryErrors.TAILSCALE_NEEDS_APPROVAL().info(), url: `${CONSOLE}/machines` }
    case 'InUseOtherUser':
      return { needs: tailscaleErrors.TAILSCALE_OTHER_USER().info() }
    case 'NoState':
    case 'Starting':
      return starting()
    case 'Running':
      return null
  }
}

/** It has not told its name yet. */
export function starting(): Obstacle {
  return { needs: tailscaleErrors.TAILSCALE_STARTING().info() }
}

/** Somebody else's entry that is in the way, as an error. Pure. */
export function portTaken({ serving }: TailscaleFacts, entry: ServeEntry, mode: ServeWish['mode']): XopcError {
  const command = `xopc tailscale ${mode} --port ${otherPort(serving) ?? 10_443}`
  return binaryErrors.TAILSCALE_PORT_TAKEN({ entry: describeEntry(entry), command })
}

/** The address by which devices come. Pure. */
export function urlOf(name: string, port: number): string {
  return `https://${name}${port === 443 ? '' : `:${port}`}`
}

/** What the configuration asks Tailscale to serve, with where it is to lead. What is asked for a time never outlives the gateway. Pure. */
export function wishOf({ gateway }: Config, target: string, { forATime = false } = {}): TailscaleExposure {
  const { mode, httpsPort: port, resetOnExit } = gateway.tailscale
  return { mode: mode === 'funnel' ? 'funnel' : 'serve', port, target, keep: !resetOnExit && !forATime }
}

/** Whether an entry is at the same place, for the same audience. Pure. */
export function isSame(entry: ServeWish, { mode, port }: ServeWish): boolean {
  return entry.mode === mode && entry.port === port
}

/** Whether the tailnet allows what the entry needs; an entry stays listed where that was taken away. Pure. */
export function isPermitted({ mode }: ServeWish, { status }: TailscaleFacts): boolean {
  return status?.https === true && (mode !== 'funnel' || status.funnel)
}

/** Pure: the door, and the one command that leads to it. */
export function plan(config: Config, facts: Facts): Plan {
  const seen = tailscaleFacts(facts)
  const wish = wishOf(config, 'http://127.0.0.1:<port>')
  const inTheWay =
    refusal(config, null)?.info() ?? obstacle(config, seen)?.needs ?? foreignTo(seen, wish)?.info() ?? consentMissing(config)?.info()
  if (inTheWay !== undefined) return { steps: [], refusal: inTheWay }
  const url = urlOf(seen.status?.name ?? 'this computer', wish.port)
  return {
    steps: [
      { title: 'listen on a loopback port of its own for Tailscale' },
      { title: `serve it at ${url} for ${audienceText(config)}`, argv: ['tailscale', ...serveArgs(wish)] },
    ],
  }
}

function foreignTo(facts: TailscaleFacts, wish: ServeWish): XopcError | null {
  const standing = standingOf(facts.serving, wish, facts.own)
  return standing.kind === 'foreign' ? portTaken(facts, standing.entry, wish.mode) : null
}

/** `gateway.tailscale.mode` and the port, where one was named. */
export function settingsOn({ mode = 'serve', port }: AccessOptions): ConfigEdits {
  return { 'gateway.tailscale.mode': mode, ...(port === undefined ? {} : { 'gateway.tailscale.httpsPort': port }) }
}

/** `gateway.tailscale.mode` off. */
export function settingsOff(): ConfigEdits {
  return { 'gateway.tailscale.mode': 'off' }
}

/** The configuration with edited settings of Tailscale. */
export function proposed(config: Config, edits: ConfigEdits): Config {
  const { tailscale } = config.gateway
  const mode = edits['gateway.tailscale.mode'] ?? tailscale.mode
  const port = edits['gateway.tailscale.httpsPort'] ?? tailscale.httpsPort
  if (mode === tailscale.mode && port === tailscale.httpsPort) return config
  if ((mode !== 'off' && mode !== 'serve' && mode !== 'funnel') || typeof port !== 'number') return config
  return { ...config, gateway: { ...config.gateway, tailscale: { ...tailscale, mode, httpsPort: port } } }
}
