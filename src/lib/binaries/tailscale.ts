import type { Duplex } from 'node:stream'
import ipaddr from 'ipaddr.js'
import { XopcError } from '../errors/error.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { systemClock } from '../system/clock.ts'
import { findProgram } from '../system/find-program.ts'
import { withoutOurs } from '../system/own-variables.ts'
import { run, type RunResult } from '../system/process.ts'
import { binaryErrors } from './errors.ts'
import { connectByTailscale } from './tailscale-connection.ts'
import { failureOf, isUnknownPeer } from './tailscale-faults.ts'
import { consentIn, type ServeConfig, serveConfigIn, serveArgs, serveOffArgs, type ServeWish } from './tailscale-serve.ts'
import { statusIn, type TailscaleStatus } from './tailscale-status.ts'
import { personIn, type TailscalePerson } from './tailscale-whois.ts'

/** The `tailscale` of this computer, in a version that xopc can drive. */
export interface Tailscale {
  /** Its path. */
  readonly program: string
  /** Throws `TAILSCALE_NOT_RUNNING`, `TAILSCALE_SILENT`, `TAILSCALE_STRANGE`. */
  status(signal?: AbortSignal): Promise<TailscaleStatus>
  /** Throws the same. */
  serving(signal?: AbortSignal): Promise<ServeConfig>
  /**
   * Asks it to serve. Whether it does, `serving` tells: Tailscale ends with 0 also where the tailnet does not allow it, which is what `consent` is
   * then. Throws `TAILSCALE_NOT_OPERATOR`, `TAILSCALE_BUSY`, `TAILSCALE_REFUSED`, and as `status`.
   */
  serve(wish: ServeWish, signal?: AbortSignal): Promise<{ consent: ReturnType<typeof consentIn> }>
  /** Takes it back. Throws as `serve`. */
  serveOff(wish: Pick<ServeWish, 'mode' | 'port'>, signal?: AbortSignal): Promise<void>
  /**
   * A connection to a TCP port in the tailnet, this computer's own included: it can be written to at once. Whoever has it destroys it, which ends the
   * program behind it. Where none comes about, it is destroyed with `TAILSCALE_NO_CONNECTION`, `TAILSCALE_NOT_RUNNING`, `TAILSCALE_LOGGED_OUT`,
   * `TAILSCALE_STOPPED`, `TAILSCALE_NEEDS_APPROVAL` or `PROGRAM_NOT_STARTED`.
   */
  open(host: string, port: number): Duplex
  /** Which user may change what it serves besides root: a name, empty for nobody; null where it does not tell. Throws `TAILSCALE_SILENT`. */
  operator(signal?: AbortSignal): Promise<string | null>
  /** Who is behind an address of the tailnet; null where Tailscale knows none such. Throws as `status`. */
  whois(address: string, signal?: AbortSignal): Promise<TailscalePerson | null>
}

/** Of a question, and of an order: one that waits for an administrator might wait for ever. Milliseconds. */
// Without a daemon it waits up to 5 s before it says so (measured with 1.102.5).
const ASK_MS = 8000
const ORDER_MS = 12_000
/** So often more is tried what was refused because of somebody else's change at the same moment. */
const RETRIES = 3
/** The commands that are used came with it. */
const NEEDED = [1, 52] as const
/** macOS: the command line that comes with the application. */
const MAC_APP = '/Applications/Tailscale.app/Contents/MacOS/Tailscale'

/** Finds it: `XOPC_TAILSCALE_PATH`, PATH, the application of macOS. Throws `TAILSCALE_MISSING`, `TAILSCALE_TOO_OLD`, `TAILSCALE_SILENT`. */
export async function findTailscale(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Tailscale> {
  const own = withoutOurs(env)
  const program = await locate(env)
  const { stdout } = await start(program, ['version'], { env: own, ms: ASK_MS, signal })
  const said = cleanText(stdout.split('\n').find((line) => /\d+\.\d+/.test(line)) ?? '', 60)
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(said) ?? []).map(Number)
  if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1]))
    throw binaryErrors.TAILSCALE_TOO_OLD({ version: said === '' ? 'it does not say its version' : said, needed: NEEDED.join('.') })

  async function ask<Result>(
    args: readonly string[],
    read: (text: string) => Result | null,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const { code, stdout, stderr } = await start(program, args, { env: own, ms: ASK_MS, signal })
    const result = read(stdout)
    if (result !== null && code === 0) return result
    throw failureOf(`${stderr}\n${stdout}`, args)
  }

  /** Tailscale refuses a change where another one came in between; nothing was done then. */
  async function order(args: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    for (let left = RETRIES; ; left--) {
      try {
        return await orderOnce(args, signal)
      } catch (error) {
        if (left === 0 || !(error instanceof XopcError) || error.code !== 'TAILSCALE_BUSY') throw error
      }
      await systemClock.sleep(100 + Math.random() * 300, signal)
    }
  }

  /** What it said. One that waits until the tailnet allows it is ended as soon as it has said where that is done. */
  async function orderOnce(args: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    const enough = (text: string): boolean => typeof consentIn(text)?.url === 'string'
    const options = { env: own, timeoutMs: ORDER_MS, late: 'result', enough, ...given(signal) } as const
    const { code, stdout, stderr, timedOut } = await run(program, args, options)
    const said = `${stderr}\n${stdout}`
    if (code === 0 || consentIn(said) !== null) return said
    throw timedOut ? silent(args, ORDER_MS) : failureOf(said, args)
  }

  /** Versions that have no `get` fail, and so does one that cannot be asked now: then nobody is known. */
  async function operator(signal?: AbortSignal): Promise<string | null> {
    const { code, stdout } = await start(program, ['get', 'operator'], { env: own, ms: ASK_MS, signal })
    return code === 0 ? cleanText(stdout.trim(), 100) : null
  }

  async function whois(address: string, signal?: AbortSignal): Promise<TailscalePerson | null> {
    // Anything else could be read as an option.
    if (!ipaddr.isValid(address)) return null
    const args = ['whois', '--json', address]
    const { code, stdout, stderr } = await start(program, args, { env: own, ms: ASK_MS, signal })
    const person = code === 0 ? personIn(stdout) : null
    if (person !== null) return person
    if (isUnknownPeer(stderr)) return null
    throw failureOf(`${stderr}\n${stdout}`, args)
  }

  return {
    program,
    status: async (signal) => await ask(['status', '--json'], statusIn, signal),
    serving: async (signal) => await ask(['serve', 'status', '--json'], serveConfigIn, signal),
    serve: async (wish, signal) => ({ consent: consentIn(await order(serveArgs(wish), signal)) }),
    async serveOff(wish, signal) {
      await order(serveOffArgs(wish), signal)
    },
    whois,
    operator,
    open: (host, port) => connectByTailscale(program, { host, port }, own),
  }
}

async function locate(env: NodeJS.ProcessEnv): Promise<string> {
  const wanted = env['XOPC_TAILSCALE_PATH']
  const places = wanted ? [wanted] : ['tailscale', ...(process.platform === 'darwin' ? [MAC_APP] : [])]
  for (const place of places) {
    const found = await findProgram(place, env).catch((error: unknown) => {
      if (error instanceof XopcError && error.code === 'PROGRAM_NOT_FOUND') return null
      throw error
    })
    if (found !== null) return found
  }
  throw binaryErrors.TAILSCALE_MISSING({ program: wanted || 'tailscale' })
}

interface Start {
  env: NodeJS.ProcessEnv
  ms: number
  signal?: AbortSignal | undefined
}

/** Runs it with a bound. */
async function start(program: string, args: readonly string[], { env, ms, signal }: Start): Promise<RunResult> {
  try {
    return await run(program, args, { env, timeoutMs: ms, ...given(signal) })
  } catch (error) {
    if (error instanceof XopcError && error.code === 'PROGRAM_TIMEOUT') throw silent(args, ms, error)
    throw error
  }
}

function given(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function silent(args: readonly string[], ms: number, cause?: unknown): XopcError {
  return binaryErrors.TAILSCALE_SILENT({ command: args.join(' '), seconds: ms / 1000 }, { cause })
}
