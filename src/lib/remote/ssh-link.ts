import { findSsh, requireIdentity } from '../binaries/ssh.ts'
import { sshTargetText } from '../binaries/ssh-target.ts'
import { XopcError } from '../errors/error.ts'
import type { State } from '../state/store.ts'
import { withoutOurs } from '../system/own-variables.ts'
import { run } from '../system/process.ts'
import { remoteErrors } from './errors.ts'
import type { SshCaller, SshLink } from './ssh-caller.ts'
import { openPipedLink } from './ssh-piped.ts'
import { openSharedLink } from './ssh-shared.ts'

export type { SshLink } from './ssh-caller.ts'

/** What a link takes. */
export interface SshLinkParts {
  place: SshCaller['place']
  env: NodeJS.ProcessEnv
  state: Pick<State, 'runDir'>
  /** Default: this system. */
  platform?: NodeJS.Platform
}

/** A way over ssh, as this system can have one. Throws `SSH_MISSING`, `SSH_TOO_OLD`, `SSH_IDENTITY_MISSING`, `FOLDER_NOT_PRIVATE`, `STATE_NOT_OURS`. */
export async function openSshLink({ place, env, state, platform = process.platform }: SshLinkParts): Promise<SshLink> {
  const ssh = await findSsh(env)
  if (place.identity !== null) await requireIdentity(place.identity)
  const own = withoutOurs(env)
  const start: SshCaller['start'] = async (args, timeoutMs) => {
    try {
      return await run(ssh, args, { env: own, timeoutMs })
    } catch (error) {
      if (!(error instanceof XopcError) || error.code !== 'PROGRAM_TIMEOUT') throw error
      throw remoteErrors.REMOTE_TIMEOUT({ place: `${sshTargetText(place.target)} by ssh`, seconds: timeoutMs / 1000 }, { cause: error })
    }
  }
  const caller: SshCaller = { ssh, place, env: own, start }
  return platform === 'win32' ? openPipedLink(caller) : await openSharedLink(caller, state, env['TMPDIR'])
}
