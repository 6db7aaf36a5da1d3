import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './build.ts'
import { tempFolder } from './cleanup.ts'
import type { Place } from './gateway.ts'
import type { Argv } from './hosts.ts'
import { peerPath } from './peers.ts'

/** User nobody, as whom xopc can be run; to be spread into the options of `startGateway` or `xopc`. */
export interface SecondUser extends Place {
  readonly prefix: Argv
  readonly program: Argv
  /** The uid, and the gid. */
  readonly owner: number
  /** What to call the user: `tailscale set --operator=nobody`. */
  readonly name: string
}

const nobody = { owner: 65_534, name: 'nobody' }

/**
 * Gives a second user of this computer, without any right of root. Needs the rights `second-user` and `own-hosts`; throws without them.
 *
 * The checkout may be in a folder that nobody else can enter. So it is mounted, read-only, where everybody can, and so is this Node; only processes of
 * this user see that. Nothing is given to them: no capability, no group. So a file, socket or process that they cannot touch is one that a real second user
 * cannot touch either. What it does not prove: that xopc can be installed by such a user, that their login session has what a session has (a home of their
 * own, XDG_RUNTIME_DIR, sudo), and what another user sees who has only a part of the checkout; a checkout made with umask 077 is of no use here.
 */
export async function secondUser(): Promise<SecondUser> {
  const [setpriv, unshare] = [peerPath('second-user'), peerPath('own-hosts')]
  if (setpriv === null || unshare === null) throw new Error('a second user takes root: ask needsPeer for second-user and own-hosts')
  const folder = await tempFolder()
  const [program, node] = [join(folder, 'xopc'), join(folder, 'node')]
  await Promise.all([chmod(folder, 0o711), mkdir(program), writeFile(node, '')])
  const mounts = ['mount -o bind,ro "$1" "$2"', 'mount -o bind,ro "$3" "$4"', 'shift 4', 'exec "$@"'].join(' && ')
  const become = [setpriv, `--reuid=${nobody.owner}`, `--regid=${nobody.owner}`, '--clear-groups']
  return {
    ...nobody,
    prefix: [unshare, '--mount', 'sh', '-c', mounts, 'sh', root, program, process.execPath, node, ...become],
    program: [node, join(program, 'bin/run.js')],
  }
}
