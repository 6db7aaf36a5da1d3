import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atEnd, tempFolder } from './cleanup.ts'
import { root } from './build.ts'
import { type Dial, fetchOver } from './fetch-over.ts'
import { type Argv, inOwnNames, type Names } from './hosts.ts'
import { run, start, type Ran, type RunOptions } from './run.ts'

/** A running gateway: the built program, in a process of its own. Whatever a test leaves running ends after the last test of its file. */
export interface RunningGateway {
  /** `http://127.0.0.1:<port>`, no slash at the end. */
  readonly url: string
  readonly port: number
  /** The owner's token as configured. */
  readonly token: string
  readonly stateDir: string
  readonly controlSocket: string
  readonly pid: number
  /** What it printed so far, both streams. */
  output(): string
  /** Its log file so far; empty when there is none. */
  log(): Promise<string>
  /** A request with the owner's token, unless `headers` says otherwise. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** The command line, on the same state folder, in the same place and with the same names. */
  xopc(args: readonly string[], options?: XopcOptions): Promise<Ran>
  /** SIGTERM, then SIGKILL after 10 s; resolves with the exit code when it is gone. Twice equals once. */
  stop(): Promise<number | null>
  /** SIGKILL; resolves when it is gone. The state folder stays, for `startGateway({ stateDir })`. */
  kill9(): Promise<void>
}

/** Where and as whom xopc runs, when it is not beside the test and as its user. */
export interface Place {
  /** What the command line begins with. It has to exec what follows, as `ip netns exec`, `unshare` and `setpriv` do: the pid is then xopc's own. */
  prefix?: Argv | undefined
  /** Node and `bin/run.js` as they are found there; default: the test's own. */
  program?: Argv | undefined
  /** Whose the state folder is made, by uid; the prefix is what makes xopc run as that user. */
  owner?: number | undefined
}

/** How to start a gateway. Names given are those of its command line too; they need the right `own-hosts`. */
export interface GatewayOptions extends Names, Place {
  /** How the test reaches its ports, where the prefix puts it into another network; `fetch` and the wait for /health go this way. */
  dial?: Dial | undefined
  /** Joined into the configuration, over `{ gateway: { port: 0, auth: { token } } }`; a string is written as it is. */
  config?: ConfigTree | string
  /** A state folder from before; its `xopc.json` stays unless `config` is given. */
  stateDir?: string
  /** More arguments after `gateway`. */
  args?: readonly string[]
  env?: NodeJS.ProcessEnv
  /** Milliseconds until it must answer /health; default 20,000. */
  readyMs?: number
}

/** How to run the command line. */
export interface XopcOptions extends RunOptions, Names, Place {
  stateDir?: string
}

/** Part of a configuration file. */
export interface ConfigTree {
  [key: string]: unknown
}

const ownProgram: Argv = [process.execPath, join(root, 'bin/run.js')]

/** Runs the built `xopc` on its own state folder (a new one unless given), with no `XOPC_*` of the outer environment. */
export async function xopc(args: readonly string[], options: XopcOptions = {}): Promise<Ran> {
  const stateDir = options.stateDir ?? (await tempFolder())
  await handOver(stateDir, options)
  return run(await commandLine(args, options), { ...options, env: cleanEnv(stateDir, options) })
}

/** Starts the built `xopc gateway` on a free port and waits until it answers. Throws with its output when it ends or is not ready in time. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const stateDir = options.stateDir ?? (await tempFolder())
  const token = await writeConfig(stateDir, options)
  await handOver(stateDir, options)
  const reach = options.dial === undefined ? fetch : fetchOver(options.dial)
  const started = launch(await commandLine(['gateway', ...(options.args ?? [])], options), cleanEnv(stateDir, options))
  atEnd(started.stop)
  const { url, socket } = await started.ready(stateDir, reach, options.readyMs ?? 20_000)
  const headers = { authorization: `Bearer ${token}` }
  const { hosts, dns, prefix, program, owner } = options
  return {
    url,
    port: Number(new URL(url).port),
    token,
    stateDir,
    controlSocket: socket,
    pid: started.pid,
    output: started.output,
    log: () => readIfThere(join(stateDir, 'logs/gateway.log')),
    fetch: (path, init = {}) =>
      reach(url + path, { signal: AbortSignal.timeout(20_000), ...init, headers: new Headers(init.headers ?? headers) }),
    xopc: (args, more) => xopc(args, { hosts, dns, prefix, program, owner, ...more, stateDir }),
    stop: started.stop,
    kill9: started.kill9,
  }
}

/** Names come first: mounting them takes rights that the prefix may give away. */
async function commandLine(args: readonly string[], { hosts, dns, prefix, program = ownProgram }: Names & Place): Promise<Argv> {
  const argv: Argv = prefix === undefined ? [...program, ...args] : [...prefix, ...program, ...args]
  return hosts === undefined && dns === undefined ? argv : (await inOwnNames({ hosts, dns }))(argv)
}

/** What the gateway itself writes later is its user's anyway. */
async function handOver(stateDir: string, { owner }: Place): Promise<void> {
  if (owner === undefined) return
  const ours = [stateDir, join(stateDir, 'xopc.json')].filter((path) => existsSync(path))
  await Promise.all(ours.map((path) => chown(path, owner, owner)))
}

function launch(argv: Argv, env: NodeJS.ProcessEnv) {
  const tooLong = 15 * 60_000
  const child = start(argv, { env, timeoutMs: tooLong })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const alive = () => child.exitCode === null && child.signalCode === null
  const ended = (signal: NodeJS.Signals) => (alive() && child.kill(signal), gone)
  return {
    pid: child.pid ?? 0,
    output: () => output,
    kill9: async () => void (await ended('SIGKILL')),
    stop: async () => {
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      return ended('SIGTERM').finally(() => clearTimeout(late))
    },
    async ready(stateDir: string, reach: typeof fetch, ms: number) {
      for (const until = Date.now() + ms; alive() && Date.now() < until; await sleep(25)) {
        const lock = await readLock(stateDir, child.pid)
        if (lock && (await answers(reach, lock.url))) return lock
      }
      await ended('SIGKILL')
      throw new Error(`the gateway ${child.signalCode ? `was not ready in ${ms} ms` : `ended with ${child.exitCode}`}:\n${output}`)
    },
  }
}

/** The lock names url and socket; one of another process is left over from before. */
async function readLock(stateDir: string, pid: number | undefined): Promise<{ url: string; socket: string } | null> {
  const text = await readIfThere(join(stateDir, 'run/gateway.json'))
  if (!text.trimEnd().endsWith('}')) return null
  const lock: unknown = JSON.parse(text)
  const known = typeof lock === 'object' && lock && 'pid' in lock && 'url' in lock && 'socket' in lock
  return known && lock.pid === pid ? { url: String(lock.url).replace(/\/$/, ''), socket: String(lock.socket) } : null
}

function answers(reach: typeof fetch, url: string): Promise<boolean> {
  return reach(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  )
}

async function writeConfig(stateDir: string, { config, stateDir: kept }: GatewayOptions): Promise<string> {
  const path = join(stateDir, 'xopc.json')
  if (kept && config === undefined && existsSync(path)) return tokenIn(await readFile(path, 'utf8'))
  const base = { gateway: { port: 0, auth: { token: randomBytes(24).toString('hex') } } }
  const text = typeof config === 'string' ? config : JSON.stringify(merge(base, config ?? {}), null, 2)
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await writeFile(path, text, { mode: 0o600 })
  return tokenIn(text)
}

function merge(base: ConfigTree, over: ConfigTree): ConfigTree {
  const isTree = (value: unknown): value is ConfigTree => typeof value === 'object' && value !== null && !Array.isArray(value)
  const joined = Object.entries(over).map(([key, value]): [string, unknown] => [
    key,
    isTree(value) && isTree(base[key]) ? merge(base[key], value) : value,
  ])
  return { ...base, ...Object.fromEntries(joined) }
}

function tokenIn(text: string): string {
  return /\btoken\b["']?\s*:\s*["']([^"']+)["']/.exec(text)?.[1] ?? ''
}

function readIfThere(path: string): Promise<string> {
  return existsSync(path) ? readFile(path, 'utf8') : Promise.resolve('')
}

function cleanEnv(stateDir: string, { env, owner }: { env?: NodeJS.ProcessEnv; owner?: number | undefined }): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(XOPC_|VITEST|NODE_ENV|NODE_OPTIONS|FORCE_COLOR)/.test(name))
  // Another user cannot write the cache that all tests share.
  const cache = owner === undefined ? join(root, 'node_modules/.cache/xopc-tests') : join(stateDir, '.cache')
  return { ...Object.fromEntries(kept), HOME: stateDir, XDG_CACHE_HOME: cache, XOPC_STATE_DIR: stateDir, NO_COLOR: '1', ...env }
}
