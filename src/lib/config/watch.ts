import { randomBytes } from 'node:crypto'
import { XopcError } from '../errors/error.ts'
import type { ConfigChange, ConfigProblem, ConfigReload, ConfigView } from '../protocol/http-api.ts'
import { reasonOf } from '../system/file-errors.ts'
import { createInTurn } from '../system/in-turn.ts'
import type { Log } from '../system/log.ts'
import { watchFile } from '../system/watch-file.ts'
import { type ConfigEdits, editConfig } from './edit.ts'
import type { Overrides } from './environment.ts'
import { configErrors } from './errors.ts'
import { type Loaded, inspectConfig, usable } from './load.ts'
import { describeProblem, found, toProblems } from './problems.ts'
import { failedReload, transition } from './reload.ts'
import type { Config } from './schema.ts'
import { viewOf } from './view.ts'

export type { ConfigEdits }

/** A change that took effect. */
export interface ConfigEvent {
  before: Config
  after: Config
  reload: ConfigReload
}

/** The configuration of a running gateway (or, with hotReload off, of the offline CLI). */
export interface ConfigStore {
  /** The file, links followed only when it is read or written. */
  readonly path: string
  /** The effective configuration: file, environment and flags, validated, defaults filled in. */
  current(): Config
  /** What is not wrong but worth knowing in the configuration in effect. */
  warnings(): readonly ConfigProblem[]
  /** The flag or environment variable that a value comes from (`--port`, `XOPC_GATEWAY_TOKEN`): it wins over the file. Null where none does. */
  origin(path: string): string | null
  /** The file as it is, secrets masked, with its ETag and what wins over it. Throws `CONFIG_INVALID` where it cannot be read as an object. */
  view(): Promise<ConfigView>
  /**
   * One edit of the file by the one writer's protocol, then reload. A mask (12 bullets) sent back changes nothing. Throws what `editConfig`
   * throws. `refuseEnvReferences` for callers that may not be the file's owner (HTTP): no new `"${NAME}"`, and no stored secret to a new URL.
   */
  edit(edits: ConfigEdits, options?: { ifMatch?: string | undefined; refuseEnvReferences?: boolean | undefined }): Promise<ConfigChange>
  /** The configuration that a start would have now; changes nothing. Throws `CONFIG_INVALID` with every problem and the verdict, `CONFIG_NOT_A_FILE`, `FILE_NOT_READABLE`. */
  check(verdict: string): Promise<Config>
  /** What became of the file the last time it was looked at. */
  lastReload(): ConfigReload
  /** Reads the file again; a broken one keeps the running configuration. Where the file is as it was last time, tells again what became of it. */
  reload(): Promise<ConfigReload>
  /**
   * Called after each change that took effect; listeners are awaited in order before `edit` and `reload` return, so a listener must not wait
   * for either. One that throws is reported among the problems. Returns the way to unsubscribe.
   */
  subscribe(listener: (event: ConfigEvent) => void | Promise<void>): () => void
  /** Called with every reload, also one that failed. */
  onReload(listener: (reload: ConfigReload) => void): () => void
  close(): Promise<void>
}

/** Where the configuration comes from. */
export interface OpenConfigOptions {
  env: NodeJS.ProcessEnv
  /** `--config`. */
  path?: string | undefined
  /** Flags. */
  overrides?: Overrides | undefined
  /** Take changes of the file up by itself. Edits through the store are taken up in any case. */
  hotReload: boolean
  log: Log
}

/** Reads the configuration and, with `hotReload`, follows the file. Throws `CONFIG_INVALID` with every problem, `CONFIG_NOT_A_FILE`, `FILE_NOT_READABLE`. */
export async function openConfig(options: OpenConfigOptions): Promise<ConfigStore> {
  const first = await inspectConfig(options)
  const { path } = first
  const running = createRunning(first, options)
  const inTurn = createInTurn()
  const reload = (): Promise<ConfigReload> => inTurn(() => running.take(() => inspectConfig(options)))
  const warn = (error: Error): void => options.log.warn('the configuration file cannot be watched', { path, error: error.message })
  const changed = async (): Promise<void> => void (await reload())
  const stop = options.hotReload ? watchFile(path, { changed, failed: warn }) : () => undefined

  return {
    path,
    current: running.config,
    warnings: running.warnings,
    origin: running.origin,
    view: async () => viewOf(await inspectConfig(options)),
    edit: (edits, how) =>
      inTurn(async () => {
        const edited = await editConfig({ ...options, ...how, edits })
        return { ...viewOf(edited), reload: await running.take(async () => edited) }
      }),
    check: async (verdict) => usable(await inspectConfig(options), verdict),
    lastReload: running.lastReload,
    reload,
    subscribe: running.subscribe,
    onReload: running.onReload,
    async close() {
      stop()
      await inTurn(async () => undefined)
    },
  }
}

/** Generates the owner's token where the gateway needs one and has none, and saves it. Returns it, or null where nothing was needed. Throws `TOKEN_NOT_SAVED`, and what `editConfig` throws. */
export async function ensureToken(store: ConfigStore): Promise<string | null> {
  const { mode, token } = store.current().gateway.auth
  if (mode !== 'token' || token !== undefined) return null
  const fresh = newToken()
  await store.edit({ 'gateway.auth.token': fresh }).catch((error: unknown) => {
    if (!(error instanceof XopcError) || error.code !== 'CONFIG_NOT_WRITABLE') throw error
    throw configErrors.TOKEN_NOT_SAVED(
      { file: store.path, reason: reasonOf(error.cause instanceof Error ? error.cause.cause : error) },
      { cause: error },
    )
  })
  return fresh
}

/** A token that nobody guesses: 48 hexadecimal digits. */
export function newToken(): string {
  return randomBytes(24).toString('hex')
}

/** The configuration in effect, and who wants to know of changes. */
function createRunning(first: Loaded, { log }: OpenConfigOptions) {
  let config = usable(first)
  let { etag, problems, origins } = first
  let last = transition(config, config).reload
  const listeners = new Set<(event: ConfigEvent) => void | Promise<void>>()
  const observers = new Set<(reload: ConfigReload) => void>()
  logWarnings(problems, [], log)

  const settle = (reload: ConfigReload): ConfigReload => {
    last = reload
    if (!reload.ok) log.warn('the configuration was not taken up', { problems: reload.problems.map(describeProblem) })
    for (const observer of observers) observer(reload)
    return reload
  }
  const apply = async (loaded: Loaded, next: Config): Promise<ConfigReload> => {
    const before = config
    const { config: after, reload } = transition(before, next)
    config = after
    logWarnings(loaded.problems, problems, log)
    problems = loaded.problems
    origins = loaded.origins
    if (reload.applied.length + reload.rebound.length === 0) return settle(reload)
    return settle({ ...reload, problems: await tell(listeners, { before, after, reload }, log) })
  }
  const take = async (read: () => Promise<Loaded>): Promise<ConfigReload> => {
    const loaded = await read().catch(asProblem)
    if (Array.isArray(loaded)) return settle(failedReload(loaded))
    // The same content again: what was made of it still holds.
    if (loaded.etag === etag) return last
    const gone = loaded.text === null
    etag = loaded.etag
    if (gone) return settle(failedReload(toProblems([found('', configErrors.CONFIG_GONE())])))
    return loaded.config === null ? settle(failedReload(loaded.problems)) : await apply(loaded, loaded.config)
  }

  return {
    config: () => config,
    warnings: () => problems,
    origin: (path: string) => origins.get(path) ?? null,
    take,
    lastReload: () => last,
    subscribe: (listener: (event: ConfigEvent) => void | Promise<void>) => register(listeners, listener),
    onReload: (listener: (reload: ConfigReload) => void) => register(observers, listener),
  }
}

/** Says each warning once when it comes up. */
function logWarnings(now: readonly ConfigProblem[], before: readonly ConfigProblem[], log: Log): void {
  const textOf = ({ path, message }: ConfigProblem): string => `${path} ${message}`
  const known = new Set(before.map(textOf))
  for (const problem of now.filter((each) => each.severity === 'warning' && !known.has(textOf(each)))) {
    const { code, path, message, hint } = problem
    log.warn(message, { code, path, ...(hint === undefined ? {} : { fix: hint }) })
  }
}

function register<T>(all: Set<T>, one: T): () => void {
  all.add(one)
  return () => all.delete(one)
}

/** Every listener is told, whatever another one throws. */
async function tell(
  listeners: ReadonlySet<(event: ConfigEvent) => void | Promise<void>>,
  event: ConfigEvent,
  log: Log,
): Promise<ConfigProblem[]> {
  const problems: ConfigProblem[] = []
  for (const listener of listeners) {
    try {
      await listener(event)
    } catch (error) {
      problems.push(...toProblems([found('', followFailure(error, log))]))
    }
  }
  return problems
}

function followFailure(error: unknown, log: Log): XopcError {
  if (error instanceof XopcError) {
    log.warn('a part of the gateway could not follow the configuration', { code: error.code, problem: error.message })
    return error
  }
  log.error('a listener to configuration changes failed', { error: error instanceof Error ? error.stack : String(error) })
  return configErrors.CONFIG_NOT_FOLLOWED({ reason: error instanceof Error ? error.message : String(error) }, { cause: error })
}

/** An error that a person can act on, as a problem of the file as a whole. Throws any other. */
function asProblem(error: unknown): ConfigProblem[] {
  if (error instanceof XopcError) return toProblems([found('', error)])
  throw error
}
