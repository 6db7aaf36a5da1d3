import { XopcError } from '../errors/error.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { readPart } from '../system/files.ts'
import { systemCode } from '../system/file-errors.ts'
import { run, type RunResult } from '../system/process.ts'
import { FRP_NEEDED, isSafeFrp } from './frp-version.ts'
import { frpcErrors } from './frpc/errors.ts'
import { type Computer, frpcTarget } from './frpc-digests.ts'
import { frpcEnvironment } from './frpc-environment.ts'
import { HEADER_BYTES, programFormat } from './program-format.ts'

/** It answers within 20 ms; a disk that has to wake up takes longer. Milliseconds. */
const VERSION_MS = 10_000

/**
 * Starts it once, for its version: what does not start here would not start as a tunnel either, and could not say why. Throws
 * `FRPC_WRONG_ARCHITECTURE`, `FRPC_NOEXEC`, `FRPC_QUARANTINED`, `FRPC_BROKEN`, `FRPC_TOO_OLD`.
 */
export async function frpcVersion(path: string, env: NodeJS.ProcessEnv, computer: Computer, signal?: AbortSignal): Promise<string> {
  await requireFormat(path, computer)
  const outcome = await start(path, env, signal)
  const version = versionIn(outcome)
  if (version === null) throw startFault(path, computer, { ...outcome, quarantined: await isQuarantined(path, computer) })
  if (!isSafeFrp(version)) throw frpcErrors.FRPC_TOO_OLD({ path, version, needed: FRP_NEEDED })
  return version
}

/** Told before it is started, because the C library gives a file that is no program for this computer to the shell. */
async function requireFormat(path: string, computer: Computer): Promise<void> {
  const format = programFormat((await readPart(path, 0, HEADER_BYTES)) ?? Buffer.alloc(0))
  const here = frpcTarget(computer) ?? `${computer.os}_${computer.arch}`
  if (format === 'script' || format?.includes(here) === true) return
  // On macOS, Rosetta may run what is for the other processor; the start will tell.
  if (computer.os === 'darwin' && format?.some((target) => target.startsWith('darwin_')) === true) return
  throw wrongArchitecture(path, computer, format?.join(', ') ?? 'no computer at all')
}

/** How the start went. */
export interface StartOutcome {
  /** The system's own code where it did not start: `EACCES`. */
  system: string | null
  result: RunResult | null
  /** macOS holds the file in quarantine. */
  quarantined: boolean
}

async function start(path: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Omit<StartOutcome, 'quarantined'>> {
  const given = signal === undefined ? {} : { signal }
  try {
    const options = { env: frpcEnvironment(env), timeoutMs: VERSION_MS, late: 'result', maxOutput: 4096, ...given } as const
    return { system: null, result: await run(path, ['-v'], options) }
  } catch (error) {
    signal?.throwIfAborted()
    // Node throws what it does not know at once, and tells the rest later.
    const code = systemCode(error instanceof XopcError ? error.cause : error)
    if (code === undefined) throw error
    return { system: code, result: null }
  }
}

function versionIn({ result }: Omit<StartOutcome, 'quarantined'>): string | null {
  return result?.code === 0 ? (/^v?(\d+\.\d+\.\d+)\s*$/.exec(result.stdout)?.[1] ?? null) : null
}

/** Why it does not run. Pure: what macOS does is told by a table in the tests. */
export function startFault(path: string, computer: Computer, { system, result, quarantined }: StartOutcome): XopcError {
  if (quarantined) return frpcErrors.FRPC_QUARANTINED({ path })
  if (system === 'EACCES' || system === 'EPERM') return frpcErrors.FRPC_NOEXEC({ path })
  // 86 is EBADARCH of macOS, which Node has no name for.
  if (system !== null && /^ENOEXEC$|-86$/.test(system)) return wrongArchitecture(path, computer, 'another processor')
  return frpcErrors.FRPC_BROKEN({ path, reason: troubleOf(computer, system, result) })
}

function troubleOf({ os }: Computer, system: string | null, result: RunResult | null): string {
  if (system === 'ENOENT') return 'something that it needs to start is missing here, a loader or an interpreter'
  if (result === null) return `the system says ${system}`
  if (result.timedOut) return `it did not tell its version within ${VERSION_MS / 1000} s`
  if (result.signal === 'SIGKILL' && os === 'darwin') return 'macOS ended it as it started, because it does not believe its signature'
  if (result.signal !== null) return `it was ended by ${result.signal} as it started`
  const said = cleanText(`${result.stdout} ${result.stderr}`, 100)
  return `asked for its version it ended with code ${result.code} and said ${said === '' ? 'nothing' : `"${said}"`}`
}

function wrongArchitecture(path: string, computer: Computer, found: string): XopcError {
  return frpcErrors.FRPC_WRONG_ARCHITECTURE({ path, found, expected: frpcTarget(computer) ?? `${computer.os}_${computer.arch}` })
}

async function isQuarantined(path: string, { os }: Computer): Promise<boolean> {
  if (os !== 'darwin') return false
  try {
    return (await run('/usr/bin/xattr', ['-p', 'com.apple.quarantine', path])).code === 0
  } catch (error) {
    // Then what is known already is said.
    if (error instanceof XopcError) return false
    throw error
  }
}
