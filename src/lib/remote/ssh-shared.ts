import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import {
  SHARED_PATH_MAX,
  sharedArgs,
  sharedCancelArgs,
  sharedExitArgs,
  sharedForwardArgs,
  type SharedSsh,
  sshFailure,
} from '../binaries/ssh.ts'
import { sshTargetText } from '../binaries/ssh-target.ts'
import type { State } from '../state/store.ts'
import { withFileLock } from '../system/file-lock.ts'
import { look, remove } from '../system/files.ts'
import { ensurePrivateDir, listFolder, ourUid, requirePrivateDir } from '../system/folders.ts'
import type { RunResult } from '../system/process.ts'
import { dialSocket } from './dial.ts'
import { type FarGateway, farGatewayIn } from './far-gateway.ts'
import type { Way } from './proven.ts'
import { explainPort, GATEWAY_PORT, isLate, portOf, type SshCaller, type SshLink, SIGN_IN_MS, wordsOf } from './ssh-caller.ts'

const QUICK_MS = 10_000
/** What another command may take that does the same just now, milliseconds. */
const PATIENCE_MS = QUICK_MS + SIGN_IN_MS

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
  const forwards = `f-${name}-`
  let farPort = portOf(url) ?? GATEWAY_PORT

  /** Signs in where nobody is, and reads which gateway runs there. */
  async function signIn(): Promise<FarGateway | null> {
    // Of two that come at once, one makes the connection and the other one uses it.
    const { code, stdout, stderr } = await withFileLock(shared.control, readFar, { waitMs: PATIENCE_MS })
    if (code === 255) throw sshFailure(target, wordsOf(stderr))
    return farGatewayIn(stdout)
  }

  async function readFar(): Promise<RunResult> {
    const args = sharedArgs(shared, ['cat', '.xopc/run/gateway.json'])
    if ((await look(shared.control)) === null) return await start(args, SIGN_IN_MS)
    try {
      return await start(args, QUICK_MS)
    } catch (error) {
      if (!isLate(error)) throw error
      // The ssh that holds it sleeps, or its network is gone. Without its names nobody asks it again, and it ends by itself once it can.
      const names = ((await listFolder(folder)) ?? []).filter((each) => each.startsWith(forwards) && !each.endsWith('.lock'))
      for (const path of [shared.control, ...names.map((each) => join(folder, each))]) await remove(path)
      return await start(args, SIGN_IN_MS)
    }
  }

  async function dial(far: Far, signal: AbortSignal | undefined): Promise<Duplex> {
    await requirePrivateDir(folder)
    const socket = join(folder, `${forwards}${hashOf(JSON.stringify(far)).slice(0, 8)}`)
    try {
      return await dialSocket(socket, signal)
    } catch {
      signal?.throwIfAborted()
    }
    // No forward yet, or its ssh has ended. Of two that come at once one makes it: the other one must not take its file away.
    await withFileLock(socket, async () => ((await accepts(socket)) ? undefined : await lead(socket, far)), { waitMs: PATIENCE_MS })
    return await dialSocket(socket, signal)
  }

  async function lead(socket: string, far: Far): Promise<void> {
    for (const again of [true, false]) {
      await remove(socket)
      const { code, stderr } = await start(sharedForwardArgs(shared, { socket, far }), QUICK_MS)
      if (code === 0 && (await look(socket)) !== null) return
      if (!again) throw sshFailure(target, wordsOf(stderr))
      // Somebody took the file of a forward away that ssh believes to be there; or the connection is not there.
      if (code === 0) await start(sharedCancelArgs(shared, { socket, far }), QUICK_MS)
      else await signIn()
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
      // Where there is none, nothing has to end; one that hangs ends by itself.
      await start(sharedExitArgs(shared), QUICK_MS).catch((error: unknown) => {
        if (!isLate(error)) throw error
      })
    },
  }
}

async function accepts(socket: string): Promise<boolean> {
  return await dialSocket(socket).then(
    (connection) => (connection.destroy(), true),
    () => false,
  )
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
