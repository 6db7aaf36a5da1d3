import { lookArgs } from '../binaries/ssh.ts'
import { sshTargetText } from '../binaries/ssh-target.ts'
import { startPiped } from '../system/piped-program.ts'
import { explainPort, GATEWAY_PORT, portOf, type SshCaller, type SshLink } from './ssh-caller.ts'

/**
 * A link where ssh can share no connection and lead no socket (Windows): each connection is an ssh of its own, which carries it on its stdin and
 * stdout. So there is no port here that anybody could sit down on.
 */
export function openPipedLink(caller: SshCaller): SshLink {
  const { ssh, env, place } = caller
  const port = portOf(place.url) ?? GATEWAY_PORT
  const way = {
    origin: place.url ?? `http://127.0.0.1:${port}`,
    place: `${sshTargetText(place.target)} by ssh`,
    isOwners: false,
    dial: async () => startPiped(ssh, lookArgs(place, port), env),
  }
  return { ways: async () => [way], explain: async () => await explainPort(caller, port), end: async () => {} }
}
