import type {
  AccessId,
  AccessState,
  ConfigChange,
  ConfigView,
  Finding,
  GatewayEvent,
  Health,
  LogLine,
  Overview,
  ProxyProgram,
  ProxyTemplate,
  Scope,
  Stage,
  Status,
  Verdict,
} from '../protocol/http-api.ts'
import type { Device, PairContext, PairingCode } from '../protocol/pairing-api.ts'
import type { Prefetched } from '../access/access-method.ts'
import type { TunnelStatus } from '../protocol/tunnel-api.ts'
import type { Plan } from '../access/access-method.ts'
import type { Consented } from './consent.ts'

/** What `enable` may be told; lan takes `address`, proxy takes `url`, tailscale `mode` and `port`. */
export interface EnableOptions {
  /** An IP literal of this computer, instead of every private address. */
  address?: string
  /** The address of the person's own proxy. */
  url?: string
  /** For the devices of the tailnet (`serve`, the default), or for the whole internet. */
  mode?: 'serve' | 'funnel'
  /** The https port of the tailnet name. */
  port?: number
  /** Base of a broker's API, saved as `tunnel.brokerUrl`. */
  broker?: string
  /** Only for a time: `2h`, `30m`. Nothing is saved then, and it closes by itself. */
  for?: string
  /** Close what only one of may be open at a time, and open this in its place. */
  replace?: boolean
  /** Wait (bounded) until the method is on, blocked or failed. */
  wait?: boolean
}

/** How the staged test is to be run. */
export interface TestOptions {
  /** Told each stage as it ends, in the order in which they end. */
  onStage?: (stage: Stage) => void
  /** Whole seconds of silence that a stream must survive besides (1 to 600). */
  idle?: number
  /** Ends the test early; it then rejects with the signal's reason. */
  signal?: AbortSignal
}

/** What a pairing code is to be for. */
export interface PairOptions {
  /** The device may administrate and pair others, too. Needs `admin`. */
  admin?: boolean
  /** A browser is to join: a code that no browser can use is refused. */
  browser?: boolean
  /** Name of the device, whatever it calls itself. */
  name?: string
  /** The origin that the device is to use, instead of the recommended one. */
  baseUrl?: string
}

/** Who asks for a pairing code; the owner over the control socket where nobody is named. A client leaves it to the gateway. */
export interface PairCaller {
  /** `owner`, `session:<id>`, `device:<id>`. */
  id: string
  scopes: ReadonlySet<Scope>
  /** The origin that its browser session proved, where that could be a public one. */
  seenAs: string | null
}

/** New values by config path (`gateway.port`); `null` removes the key. */
export type ConfigPatch = Readonly<Record<string, unknown>>

/**
 * Everything a person can do with a gateway. Three implementations: live (inside it), client (the same over HTTP or a socket) and
 * offline (no gateway is running). What an implementation cannot do throws `GATEWAY_NOT_RUNNING`.
 */
export interface Xopc {
  /** That it runs, its version and for how many seconds. */
  health(): Promise<Health>
  /** The gateway in numbers. */
  status(): Promise<Status>
  /** Every way in with its state, conflicts and what to try next. Offline: what the configuration asks for, all off. */
  overview(): Promise<Overview>

  /** What enabling would do; changes nothing. */
  plan(id: AccessId, options?: EnableOptions): Promise<Plan>
  /** Sets the intent, saves it and returns the state (settled within 2 s, or as far as it came). Throws the method's own codes. */
  enable(id: AccessId, options?: EnableOptions): Promise<AccessState>
  /** Records that the person agrees to strangers by this method; `version` is that of the text that they saw. Throws `CONSENT_NOT_ASKED`, `CONSENT_OUTDATED`. */
  consent(id: AccessId, version: string): Promise<Consented>
  /**
   * Takes the intent back; a configuration that cannot be saved does not keep the method on. With `release`, gives back for ever what was reserved for
   * it elsewhere (a public name); throws `TUNNEL_NOT_RELEASED`, with the method off, where nobody confirmed that.
   */
  disable(id: AccessId, options?: { release?: boolean }): Promise<AccessState>
  /** The staged test of the address by which the method is reached. Throws `METHOD_HAS_NO_URL` where it is not on. */
  test(id: AccessId, options?: TestOptions): Promise<Verdict>
  /** The staged test of any address that may lead here; a bad one is a verdict with the code of `gateway.publicUrl`. */
  testUrl(url: string, options?: TestOptions): Promise<Verdict>
  /** A configuration for the person's own proxy. Throws `invalid_domain`. */
  proxyTemplate(program: ProxyProgram, options?: { domain?: string }): Promise<ProxyTemplate>
  /** What was looked at and what was found. */
  diagnose(id: AccessId): Promise<Finding[]>

  /**
   * Mints a pairing code. Throws `SCOPE_MISSING`, `ADMIN_IN_XOPC_UI`, `DEVICE_NAME_INVALID`, the codes of `gateway.publicUrl` and of the staged
   * test for a bad `baseUrl`, and where no address can be used `GATEWAY_LOOPBACK_ONLY` or `NO_REACHABLE_URL`.
   */
  pair(options?: PairOptions, caller?: PairCaller): Promise<PairingCode>
  /** The code as it is now. Throws `PAIRING_NOT_FOUND`, also for a code of somebody else. */
  pairing(id: string, caller?: PairCaller): Promise<PairingCode>
  /** Takes a code back; a used one stays used. Throws `PAIRING_NOT_FOUND`. */
  cancelPairing(id: string, caller?: PairCaller): Promise<void>
  /** The addresses that a device could be paired with. */
  pairContext(): Promise<PairContext>
  /** Everything that joined, the newest first. */
  devices(): Promise<Device[]>
  /** Throws `DEVICE_NOT_FOUND`, `DEVICE_NAME_INVALID`. */
  renameDevice(id: string, name: string): Promise<Device>
  /** Ends a device's credential, and within a second every stream that it has open. Throws `DEVICE_NOT_FOUND`. */
  revokeDevice(id: string): Promise<void>
  /** The same for all of them; says how many there were. */
  revokeDevices(): Promise<number>
  /** The public tunnel in the form that phones know. */
  tunnelStatus(): Promise<TunnelStatus>
  /** Fetches the program that the public tunnel needs, or looks whether it is good. Throws what keeps it from being used. */
  prefetchTunnel(): Promise<Prefetched>

  /** The configuration file as it is, secrets masked. */
  config(): Promise<ConfigView>
  /** One edit of the file; a mask sent back changes nothing. Throws `CONFIG_INVALID`, `CONFIG_STALE` (etag), `CONFIG_NOT_WRITABLE`. */
  patchConfig(patch: ConfigPatch, ifMatch?: string): Promise<ConfigChange>

  /** Ends the gateway after this call has been answered. */
  stop(): Promise<void>
  /** Ends the gateway and starts it anew with the same arguments. */
  restart(): Promise<void>
  /** A new owner token, saved; the old one and every owner session end. */
  rotateToken(): Promise<{ token: string }>

  /** The last lines of the gateway log, oldest first. */
  logs(lines: number): Promise<LogLine[]>
  /** The last lines of the audit log, oldest first. */
  audit(lines: number): Promise<LogLine[]>
  /** Events from now on, or after `lastEventId` as far as they are kept; ends with the signal or the gateway. */
  events(signal: AbortSignal, lastEventId?: number): AsyncIterable<GatewayEvent>
}
