import type { Overrides } from '../lib/config/environment.ts'
import { createLive, type Live } from '../lib/core/live.ts'
import { type ConfigStore, ensureToken, openConfig } from '../lib/config/watch.ts'
import { configInvalid } from '../lib/config/problems.ts'
import { secretsIn } from '../lib/config/secrets.ts'
import { type Gateway, createGateway } from '../lib/gateway/server.ts'
import { openDevices } from '../lib/identity/devices.ts'
import { createPairing } from '../lib/identity/pairing.ts'
import { openIdentity } from '../lib/identity/keypair.ts'
import { acquireLock } from '../lib/state/lock.ts'
import { type State, openState } from '../lib/state/store.ts'
import { createSupervisor } from '../lib/supervisor/supervisor.ts'
import { createAudit } from '../lib/system/audit.ts'
import { systemClock } from '../lib/system/clock.ts'
import { type FileLog, type Log, createLog, logLevelOf } from '../lib/system/log.ts'
import { replaceProcess } from '../lib/system/process.ts'
import { announceMethods } from './announce-methods.ts'
import { createWhois } from '../lib/binaries/ask-whois.ts'
import { announcement } from './render/gateway-start.ts'

/** What `xopc gateway` was told. */
export interface GatewayOptions {
  env: NodeJS.ProcessEnv
  version: string
  /** `--config`. */
  configPath?: string | undefined
  /** Flags: they win over file and environment. */
  overrides: Overrides
  /** False with `--no-hot-reload`. */
  hotReload: boolean
  /** For the person at the terminal. */
  out: { line(text: string): void }
}

/** How a gateway was asked to end. */
type Ending = 'stop' | 'restart'

/** What has to be undone when the gateway ends or does not come up, the newest first. */
type Undo = () => void | Promise<void>

/**
 * Puts a gateway together, runs it until a signal or a command ends it, and takes it apart again; resolves with the exit code. Throws what
 * stands in the way of a start (`CONFIG_INVALID`, `GATEWAY_ALREADY_RUNNING`, `PORT_IN_USE` …), with everything undone.
 */
export async function runGateway(options: GatewayOptions): Promise<number> {
  const undo: Undo[] = []
  let ending: Ending
  try {
    ending = await runUntilEnd(options, undo)
  } finally {
    for (const step of undo.reverse()) await step()
  }
  // The same program with the same arguments: what was installed meanwhile is what runs then.
  if (ending === 'restart') replaceProcess(process.execPath, [...process.execArgv, ...process.argv.slice(1)], options.env)
  return 0
}

async function runUntilEnd(options: GatewayOptions, undo: Undo[]): Promise<Ending> {
  const end = Promise.withResolvers<Ending>()
  undo.push(onSignals(() => end.resolve('stop')))
  const state = await openState(options.env)
  const { log, audit, know } = openLogs(state, options, undo)
  const config = await openConfig({
    env: options.env,
    ...pathOf(options),
    overrides: options.overrides,
    hotReload: options.hotReload,
    log,
  })
  undo.push(() => config.close())
  config.onReload(({ ok, problems }) => {
    if (!ok)
      options.out.line(`${configInvalid(config.path, problems).message} The gateway goes on with what it had. See: xopc config validate`)
  })
  know(config)
  const lock = await acquireLock(state, { url: `http://127.0.0.1:${config.current().gateway.port}`, version: options.version })
  undo.push(() => lock.release())
  await ensureToken(config)
  for (const path of state.tightened) log.warn('other users could read this; they no longer can', { path })
  const devices = await openDevices({ state, clock: systemClock, log })
  undo.push(() => devices.close())
  const own = { signer: await openIdentity(state.paths), devices, pairing: createPairing({ clock: systemClock }) }
  const parts = { config, state, ...own, log, audit, clock: systemClock, version: options.version }
  const { gateway, live } = await open(parts, end.resolve, undo)
  await lock.update({ url: gateway.url() })
  // Behind the gateway's own listener: the port has moved by then.
  undo.push(config.subscribe(() => lock.update({ url: gateway.url() })))
  for (const line of announcement({
    version: options.version,
    url: gateway.url(),
    config: config.current(),
    warnings: config.warnings(),
    env: options.env,
    configPath: options.configPath,
  }))
    options.out.line(line)
  undo.push(announceWays(live, options.out, log))
  const ending = await end.promise
  log.info('gateway ends', { ending })
  return ending
}

/** Says what becomes of the ways in that are asked for, while the gateway runs. Returns the way to end that. */
function announceWays(live: Live, out: GatewayOptions['out'], log: Log): Undo {
  const closing = new AbortController()
  const say = (line: string): void => out.line(`  ${line}`)
  announceMethods(live, say, closing.signal).catch((error: unknown) =>
    log.error('what becomes of the ways in is not said any more', { error: String(error) }),
  )
  return () => closing.abort()
}

async function open(
  parts: Omit<Parameters<typeof createGateway>[0], 'whois'>,
  ask: (ending: Ending) => void,
  undo: Undo[],
): Promise<{ gateway: Gateway; live: Live }> {
  const supervise = createSupervisor(parts)
  await supervise.reapOrphans()
  undo.push(() => supervise.stopAll())
  const gateway = createGateway({ ...parts, whois: createWhois(process.env) })
  const live = createLive({
    ...parts,
    supervise,
    ingress: gateway.ingress,
    probes: gateway.probes,
    gateway: {
      version: parts.version,
      startedAt: Date.parse(gateway.startedAt),
      url: gateway.url,
      counts: gateway.counts,
      listIngress: gateway.ingress.list,
      refusedDoors: gateway.refusedDoors,
    },
    lifecycle: { stop: () => ask('stop'), restart: () => ask('restart') },
    sessions: gateway.sessions,
  })
  undo.push(() => gateway.stop())
  await gateway.serve(live)
  undo.push(() => live.shutdown())
  await live.start()
  parts.log.info('gateway started', { url: gateway.url(), version: parts.version, pid: process.pid })
  return { gateway, live }
}

/** The logs start before the configuration is read; the secrets to keep out of them are known once it is. */
function openLogs(state: State, options: GatewayOptions, undo: Undo[]) {
  let config: ConfigStore | undefined
  const onFailure = (error: Error): void => options.out.line(`The log cannot be written, so what happens now is not kept: ${error.message}`)
  const given = {
    clock: systemClock,
    onFailure,
    secrets: () => (config === undefined ? [] : secretsIn(config.current()).map(([, secret]) => secret)),
  }
  const level = logLevelOf(options.env)
  const log: FileLog = createLog({ ...given, path: state.paths.gatewayLog, ...(level === null ? {} : { level }) })
  const audit = createAudit({ ...given, path: state.paths.auditLog })
  if (level === null) {
    log.warn('XOPC_LOG_LEVEL is none of debug, info, warn, error; info is used', { given: options.env['XOPC_LOG_LEVEL'] })
  }
  undo.push(
    () => log.close(),
    () => audit.close(),
  )
  return { log, audit, know: (store: ConfigStore) => void (config = store) }
}

function pathOf({ configPath }: GatewayOptions): { path?: string } {
  return configPath === undefined ? {} : { path: configPath }
}

/** Signals to end that come within this time are one wish, milliseconds. */
const ONE_WISH_MS = 500

/** Calls back at the first signal to end; a second one ends the process at once. Returns the way to stop listening. */
function onSignals(asked: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  let toldAt: number | null = null
  const listener = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    // What comes together is one wish: npm passes Ctrl-C on that the terminal has told everybody already.
    if (toldAt !== null && signal === 'SIGINT' && now - toldAt > ONE_WISH_MS) process.exit(130)
    toldAt ??= now
    asked()
  }
  for (const signal of signals) process.on(signal, listener)
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}
