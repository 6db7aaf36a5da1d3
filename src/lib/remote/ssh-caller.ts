import { forwardingForbidden, lookArgs, refusalIn, sshFailure } from '../binaries/ssh.ts'
import { sshTargetText } from '../binaries/ssh-target.ts'
import { XopcError } from '../errors/error.ts'
import { cleanText } from '../protocol/outside-text.ts'
import type { RunResult } from '../system/process.ts'
import { remoteErrors } from './errors.ts'
import type { Way } from './proven.ts'
import type { Place } from './target.ts'

/** A way over ssh to a gateway on another computer. */
export interface SshLink {
  /** How the gateway can be reached there, best first. Throws `SSH_*`. */
  ways(): Promise<Way[]>
  /** Why nothing comes back from its port. Throws `SSH_FORWARDING_FORBIDDEN`, `REMOTE_GATEWAY_NOT_RUNNING`, or what ends ssh now. */
  explain(): Promise<never>
  /** Ends what is kept for the next command. */
  end(): Promise<void>
}

/** An ssh that was found, and where it is sent. */
export interface SshCaller {
  ssh: string
  place: Extract<Place, { kind: 'ssh' }>
  /** Of ssh: without what is ours. */
  env: NodeJS.ProcessEnv
  /** Runs it to its end. Throws `REMOTE_TIMEOUT`. */
  start(args: readonly string[], timeoutMs: number): Promise<RunResult>
}

/** Signing in may go over several hosts. Milliseconds. */
export const SIGN_IN_MS = 45_000
/** What a gateway listens on unless it was told otherwise. */
export const GATEWAY_PORT = 18_790

/** Asks ssh for one connection to the port, to hear why there is none. Throws `SSH_FORWARDING_FORBIDDEN`, `REMOTE_GATEWAY_NOT_RUNNING`, `SSH_*`. */
export async function explainPort({ place: { target, identity }, start }: SshCaller, port: number): Promise<never> {
  const { code, stderr } = await start(lookArgs({ target, identity }, port), SIGN_IN_MS)
  const words = wordsOf(stderr)
  const refusals = words.map(refusalIn)
  if (refusals.includes('forbidden')) throw forwardingForbidden(target)
  if (code === 255 && !refusals.includes('nobody-listens')) throw sshFailure(target, words)
  throw remoteErrors.REMOTE_GATEWAY_NOT_RUNNING({ target: sshTargetText(target), port })
}

/** Whether ssh came to no end in time. Pure. */
export function isLate(error: unknown): boolean {
  return error instanceof XopcError && error.code === 'REMOTE_TIMEOUT'
}

/** The port of a URL; null where there is no URL. Pure. */
export function portOf(url: string | null): number | null {
  if (url === null) return null
  const { protocol, port } = new URL(url)
  return Number(port || (protocol === 'https:' ? 443 : 80))
}

/** What ssh said, line by line. Pure. */
export function wordsOf(text: string): string[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [cleanText(line, 300)]))
}
