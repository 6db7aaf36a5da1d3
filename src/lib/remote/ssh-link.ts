import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import {
  findSsh,
  forwardingForbidden,
  lookArgs,
  refusalIn,
  requireIdentity,
  SHARED_PATH_MAX,
  sharedArgs,
  sharedExitArgs,
  sharedForwardArgs,
  type SharedSsh,
  sshFailure,
} from '../binaries/ssh.ts'
import { sshTargetText } from '../binaries/ssh-target.ts'
import { cleanText } from '../protocol/outside-text.ts'
import type { State } from '../state/store.ts'
import { withFileLock } from '../system/file-lock.ts'
import { ensurePrivateDir, ourUid, requirePrivateDir } from '../system/folders.ts'
import { remove } from '../system/files.ts'
import { withoutOurs } from '../system/own-variables.ts'
import { run } from '../system/process.ts'
import { dialSocket } from './dial.ts'
import { remoteErrors } from './errors.ts'
import { type FarGateway, farGatewayIn } from './far-gateway.ts'
import type { Way } from './proven.ts'
import type { Place } from './target.ts'

/** A way over ssh to a gateway on another computer. */
export interface SshLink {
  /** How the gateway can be reached there, best first; ssh has signed in by then. Throws `SSH_*`. */
  ways(): Promise<Way[]>
  /** Why nothing comes back from a port there. Throws `SSH_FORWARDING_FORBIDDEN`, `REMOTE_GATEWAY_NOT_RUNNING`, or what ends ssh now. */
  explain(): Promise<never>
  /** Ends the shared connection, where there is one. */
  end(): Promise<void>
}

/** What a link takes. */
export interface SshLinkParts {
  place: Extract<Place, { kind: 'ssh' }>
  env: NodeJS.ProcessEnv
  state: Pick<State, 'runDir'>
}

/** Signing in may go over several hosts. Milliseconds. */
const SIGN_IN_MS = 45_000
const QUICK_MS = 10_000
const PORT = 18_790

/** The far end of a way: a socket or a port there. */
type Far = { socket: string } | { port: number }

/**
 * Opens a way that commands one after the other share: ssh keeps its connection for 60 s after its last use (docs/decisions/018). Throws
 * `SSH_MISSING`, `SSH_TOO_OLD`, `SSH_IDENTITY_MISSING`.
 */
export async function openSshLink({ place, env, state }: SshLinkParts): Promise<SshLink> {
  const { target, identity, url } = place
  const ssh = await findSsh(env)
  if (identity !== null) await requireIdentity(identity)
  const folder = await socketFolder(state, env)
  const name = hashOf(ssh, sshTargetText(target), identity ?? '')
  const shared: SharedSsh = { target, identity, control: join(folder, `s-${name}`) }
  const start = async (args: readonly string[], timeoutMs: number) => await run(ssh, args, { env: withoutOurs(env), timeoutMs })
  let farPort = portOf(url) ?? PORT

  /** Signs in where nobody is, and reads which gateway runs there. */
  async function signIn(): Promise<FarGateway | null> {
    // Of two that come at once, one makes the connection and the other one uses it.
    return await withFileLock(shared.control, async () => {
      const { code, stdout, stderr } = await start(sharedArgs(shared, ['cat', '.xopc/run/gateway.json']), SIGN_IN_MS)
      if (code === 255) throw sshFailure(target, linesOf(stderr))
      return farGatewayIn(stdout)
    })
  }

  async function dial(far: Far, signal: AbortSignal | undefined): Promise<Duplex> {
    await requirePrivateDir(folder)
    const socket = join(folder, `f-${hashOf(name, JSON.stringify(far))}`)
    try {
      return await dialSocket(socket, signal)
    } catch {
      signal?.throwIfAborted()
      // No forward yet, or its ssh has ended: only its file is left.
      await lead(socket, far)
      return await dialSocket(socket, signal)
    }
  }

  async function lead(socket: string, far: Far): Promise<void> {
    for (const again of [true, false]) {
      await remove(socket)
      const { code, stderr } = await start(sharedForwardArgs(shared, { socket, far }), QUICK_MS)
      if (code === 0) return
      if (!again) throw sshFailure(target, linesOf(stderr))
      await signIn()
    }
  }

  return {
    async ways() {
      const far = await signIn()
      const isMeant = far !== null && (url === null || new URL(far.url).origin === url)
      const own = portOf(url) ?? (far === null ? null : portOf(far.url)) ?? PORT
      farPort = own
      const place = `${sshTargetText(target)} by ssh`
      const port: Way = {
        origin: url ?? `http://127.0.0.1:${own}`,
        place,
        isOwners: false,
        dial: async (signal) => await dial({ port: own }, signal),
      }
      if (!isMeant) return [port]
      // The owner's socket signs for this origin alone.
      const { socket } = far
      return [{ origin: 'http://localhost', place, isOwners: true, dial: async (signal) => await dial({ socket }, signal) }, port]
    },
    async explain() {
      const { code, stderr } = await start(lookArgs(shared, farPort), SIGN_IN_MS)
      const refusals = linesOf(stderr).map(refusalIn)
      if (refusals.includes('forbidden')) throw forwardingForbidden(target)
      if (code === 255 && !refusals.includes('nobody-listens')) throw sshFailure(target, linesOf(stderr))
      throw remoteErrors.REMOTE_GATEWAY_NOT_RUNNING({ target: sshTargetText(target), port: farPort })
    },
    async end() {
      // Where there is none, nothing has to end.
      await start(sharedExitArgs(shared), QUICK_MS)
    },
  }
}

/** A private folder whose path ssh takes as it is, with room for the name of a socket. */
async function socketFolder({ runDir }: Pick<State, 'runDir'>, env: NodeJS.ProcessEnv): Promise<string> {
  if (/^[\w./-]+$/.test(runDir) && Buffer.byteLength(join(runDir, `s-${'0'.repeat(NAME)}`)) <= SHARED_PATH_MAX) return runDir
  const folder = join(env['TMPDIR'] || tmpdir(), `xopc-ssh-${ourUid()}`)
  await ensurePrivateDir(folder, { strict: true })
  return folder
}

const NAME = 12

function hashOf(...words: string[]): string {
  return createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, NAME)
}

function portOf(url: string | null): number | null {
  if (url === null) return null
  const { protocol, port } = new URL(url)
  return Number(port || (protocol === 'https:' ? 443 : 80))
}

function linesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [cleanText(line, 300)]))
}
