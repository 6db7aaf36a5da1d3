import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { SHARED_PATH_MAX, sharedArgs, sharedExitArgs, sharedForwardArgs, type SharedSsh, sshFailure } from '../binaries/ssh.ts'
import { sshTargetText } from '../binaries/ssh-target.ts'
import type { State } from '../state/store.ts'
import { withFileLock } from '../system/file-lock.ts'
import { remove } from '../system/files.ts'
import { ensurePrivateDir, ourUid, requirePrivateDir } from '../system/folders.ts'
import { dialSocket } from './dial.ts'
import { type FarGateway, farGatewayIn } from './far-gateway.ts'
import type { Way } from './proven.ts'
import { explainPort, GATEWAY_PORT, portOf, type SshCaller, type SshLink, SIGN_IN_MS, wordsOf } from './ssh-caller.ts'

const QUICK_MS = 10_000

/** The far end of a way: a socket or a port there. */
type Far = { socket: string } | { port: number }

/**
 * A link that commands one after the other share: ssh keeps its connection for 60 s after its last use (docs/decisions/018). It leads to the
 * owner's socket of the gateway there, or to its port. Throws `FOLDER_NOT_PRIVATE`, `STATE_NOT_OURS`.
 */
export async function openSharedLink(caller: SshCaller, state: Pick<State, 'runDir'>, tmp: string | undefined): Promise<SshLink> {
  const { place, start } = caller
  const { target, identity, url } = place
  const folder = await socketFolder(state, tmp)
  const name = hashOf(caller.ssh, sshTargetText(target), identity ?? '')
  const shared: SharedSsh = { target, identity, control: join(folder, `s-${name}`) }
  let farPort = portOf(url) ?? GATEWAY_PORT

  /** Signs in where nobody is, and reads which gateway runs there. */
  async function signIn(): Promise<FarGateway | null> {
    // Of two that come at once, one makes the connection and the other one uses it.
    return await withFileLock(shared.control, async () => {
      const { code, stdout, stderr } = await start(sharedArgs(shared, ['cat', '.xopc/run/gateway.json']), SIGN_IN_MS)
      if (code === 255) throw sshFailure(target, wordsOf(stderr))
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
      if (!again) throw sshFailure(target, wordsOf(stderr))
      await signIn()
    }
  }

  return {
    async ways() {
      const far = await signIn()
      const isMeant = far !== null && (url === null || new URL(far.url).origin === url)
      const own = portOf(url) ?? portOf(far?.url ?? null) ?? GATEWAY_PORT
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
    explain: async () => await explainPort(caller, farPort),
    async end() {
      // Where there is none, nothing has to end.
      await start(sharedExitArgs(shared), QUICK_MS)
    },
  }
}

/** A private folder whose path ssh takes as it is, with room for the name of a socket. */
async function socketFolder({ runDir }: Pick<State, 'runDir'>, tmp: string | undefined): Promise<string> {
  if (/^[\w./-]+$/.test(runDir) && Buffer.byteLength(join(runDir, `s-${'0'.repeat(NAME)}`)) <= SHARED_PATH_MAX) return runDir
  const folder = join(tmp || tmpdir(), `xopc-ssh-${ourUid()}`)
  await ensurePrivateDir(folder, { strict: true })
  return folder
}

const NAME = 12

function hashOf(...words: string[]): string {
  return createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, NAME)
}
