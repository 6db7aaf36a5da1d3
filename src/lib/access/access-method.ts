import type { Config } from '../config/schema.ts'
import type { ConfigEdits } from '../config/watch.ts'
import type { ErrorInfo, XopcError } from '../errors/error.ts'
import type { Signer } from '../identity/keypair.ts'
import type { State } from '../state/store.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Probe } from '../probe/probe.ts'
import type { Way } from '../probe/way.ts'
import type { Consent } from '../protocol/consent.ts'
import type { AccessId, AccessState, Audience, Candidate, Finding, IngressId, OutsideLook } from '../protocol/http-api.ts'
import type { TunnelRun } from '../protocol/tunnel-api.ts'

/** What a method found out about the world outside; each method narrows it in its own folder. */
export type Facts = Readonly<Record<string, unknown>>

/** One thing a method would do, as data: `--dry-run` prints it, tests compare it. */
export interface PlanStep {
  /** For a person, in the imperative: "listen on 192.168.1.5:18790". */
  title: string
  /** The program and its arguments, where the step runs one. */
  argv?: readonly string[]
}

/** What `enable` would do from here, and what stands in the way (then `steps` is empty). */
export interface Plan {
  steps: readonly PlanStep[]
  refusal?: ErrorInfo
}

/** Tells the person which step a slow enable is at. `closed`: what was open is not any more, so that nothing said of it holds. */
export type Report = (step: string, change?: 'closed') => void

/** Where an ingress listens. `origins`: by which names it is known elsewhere, because a proxy of ours leads here: `https://home.ts.net`. */
export type IngressPlace = ({ kind: 'tcp'; hosts: readonly string[]; port: number } | { kind: 'unix'; path: string }) & {
  origins?: readonly string[]
}

/** Where an ingress came to listen: one URL authority (`192.168.1.5:18790`, `[fd00::5]:18790`) for each address, or the socket's path. */
export interface IngressAddress {
  authorities: readonly string[]
  path?: string
}

/** What a method is given; it reaches the rest of the gateway by nothing else. */
export interface AccessContext {
  /** The effective configuration; `gateway.port` is the port that the local door really has, also where 0 was asked for. */
  config(): Config
  state: State
  /** Opens the door, or moves it: addresses that stay keep their listeners and connections. Throws `PORT_IN_USE`, `ADDRESS_NOT_AVAILABLE`, `PORT_NOT_PERMITTED`. */
  openIngress(id: IngressId, where: IngressPlace): Promise<IngressAddress>
  /** Closes the door and every connection that came through it; others go on. */
  closeIngress(id: IngressId): Promise<void>
  sign: Signer
  supervise: Supervisor
  probe: Probe
  clock: Clock
  log: Log
  audit: Audit
  /** Of this xopc. */
  readonly version: string
  /** Asks the reconciler to look at this method again, for example when the network changed. */
  changed(): void
}

/** What `enable` may be told about a method; each reads what is meant for it. */
export interface AccessOptions {
  address?: string
  url?: string
  mode?: 'serve' | 'funnel'
  port?: number
  /** Base of a broker's API. */
  broker?: string
}

/** What is known of a method with or without a running gateway: pure, but for `inspect`, which changes nothing. */
export interface AccessDefinition {
  readonly id: AccessId
  /** Whether the configuration asks for this method. */
  intended(config: Config): boolean
  /** Who could reach the gateway through it. With facts, as it is on this computer. */
  audience(config: Config, facts?: Facts): Audience
  /** The audience in words: "anyone on the same network". */
  audienceText(config: Config, facts?: Facts): string
  /** Addresses that a device could use, best first, whether the method is on or not. */
  candidates(config: Config, facts: Facts): Candidate[]
  /** What is true now; changes nothing. */
  inspect(signal: AbortSignal, state: State): Promise<Facts>
  /** Why it must not be switched on with this configuration, or null. `facts` is null where looking failed. What may pass by itself (no network yet) is no refusal. */
  refusal(config: Config, facts: Facts | null): XopcError | null
  /** What enable would do; pure. */
  plan(config: Config, facts: Facts): Plan
  /** The settings that switching on writes. */
  settingsOn(options: AccessOptions): ConfigEdits
  /** The settings that switching off writes. */
  settingsOff(): ConfigEdits
  /** The configuration as it would be with edits, as far as this method looks at it; the same object where it looks at none of them. */
  proposed(config: Config, edits: ConfigEdits): Config
  /** Why settings of it that do not switch it on must not be saved, or null; absent where all may. */
  unready?(config: Config, edits: ConfigEdits, state: State): Promise<XopcError | null>
  /** The secret that switching it on, by which `config` becomes `next`, would show to somebody it was not given for, or null; absent where it shows none. */
  wrongReceiver?(config: Config, next: Config, state: State): Promise<Astray | null>
  /** The settings that a start of the gateway writes, because what they ask for is not what a start may open; absent where there are none. */
  atStart?(config: Config, state: State): Promise<ConfigEdits>
  /** What makes it one of those of which only one is on at a time; absent where it goes beside others. */
  readonly exposure?: Exposure
  /** What a person agrees to before strangers may come by it; absent where that cannot be. */
  readonly consent?: AccessConsent
  create(context: AccessContext): AccessMethod
  /** Takes out what a gateway that has ended left behind; absent where nothing stays behind. */
  undo?(state: State, signal: AbortSignal): Promise<void>
  /** Gives back for ever what was reserved for it elsewhere; absent where nothing is. Says whether there was anything. Throws where nobody confirmed it. */
  release?(state: State, signal: AbortSignal): Promise<boolean>
  /** The settings that belonged to what was given back. */
  settingsReleased?(): ConfigEdits
  /** Brings what it needs of other people's programs; absent where it brings nothing. */
  prefetch?(state: State, signal: AbortSignal): Promise<Prefetched>
}

/** A secret that would go astray: which setting names who would see it, and which one holds it. */
export interface Astray {
  key: string
  secret: string
}

/** What a prefetch brought, or found. */
export interface Prefetched {
  program: string
  version: string
  /** Something about it that a person should know. */
  warning: ErrorInfo | null
}

/** One of several ways in of which one at a time is open: people should not have to ask themselves by which of them strangers come. */
export interface Exposure {
  /** What it is called: "Tailscale Serve". */
  name(config: Config): string
  /** Whether the configuration asks for it, now or at the next start. */
  wanted(config: Config): boolean
  /** The settings by which nothing asks for it any more. */
  away(): ConfigEdits
  /** The command after which nothing asks for it any more. */
  off(config: Config): string
  /** The command that opens it in place of another. */
  readonly replace: string
}

/** The agreement to an audience of the whole internet. */
export interface AccessConsent {
  /** What is agreed to now. */
  readonly text: Consent
  /** That it has to be given, as an error; null where the configuration asks for no strangers, or it was. */
  missing(config: Config): XopcError | null
  /** The settings that record it. */
  settings(acceptedAt: string): ConfigEdits
}

/** One way for a person's device to reach the gateway. */
export interface AccessMethod {
  readonly id: AccessId
  /** While intended, `inspect` is asked this often (ms); where its facts differ from the last, `enable` runs again. */
  readonly inspectEveryMs?: number
  /** How long `enable` may take, where that is more than a minute (ms). */
  readonly enableMs?: number
  /** Whether the configuration asks for this method. */
  intended(config: Config): boolean
  /** Who could reach the gateway through it. */
  audience(config: Config): Audience
  /** What is true now; changes nothing. */
  inspect(signal: AbortSignal): Promise<Facts>
  /** What enable would do; pure. */
  plan(config: Config, facts: Facts): Plan
  /** A person asked for it, or for its end, just now; what a start, a change of the world or the end of the gateway wants is not told. */
  asked?(intended: boolean): void
  /** How this computer reaches an address of it, where names and TCP do not lead there. */
  way?(url: string): Way | null
  /** The staged test of its address failed while it said that it was on: it may mend what it can. */
  unverified?(fault: ErrorInfo): void
  /** A look at its address from somewhere else; null where there is nobody to look. Never throws but the signal's reason. */
  lookFromOutside?(signal: AbortSignal): Promise<OutsideLook | null>
  /** Something that a person should know although it works. */
  warning?(): ErrorInfo | null
  /** What the older routes of the tunnel tell of it. */
  tunnel?(): TunnelRun
  /** Twice equals once. Throws XopcError where it cannot. */
  enable(signal: AbortSignal, report: Report): Promise<AccessState>
  /** Undoes what enable did and nothing else. */
  disable(signal: AbortSignal): Promise<AccessState>
  /** Never throws: a check that fails is a finding. */
  diagnose(signal: AbortSignal): Promise<Finding[]>
}
