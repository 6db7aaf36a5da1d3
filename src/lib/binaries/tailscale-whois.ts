import { cleanText } from '../protocol/outside-text.ts'
import { fieldsOf } from '../protocol/fields.ts'
import { jsonIn } from './tailscale-status.ts'

/** Who is behind an address of the tailnet, as `tailscale whois` says. */
export interface TailscalePerson {
  /** `alice@example.com`; of a tagged node it says nothing of a person. */
  login: string
  /** `Alice`; may be empty. */
  name: string
  /** A node that belongs to nobody: a server, an ingress of Funnel. */
  tagged: boolean
}

/** What Tailscale writes in place of a login of such a node (tailcfg.UserProfile of tailscale.com 1.102). */
const NOBODY = 'tagged-devices'

/** Reads `tailscale whois --json` (apitype.WhoIsResponse). Null where it names nobody, or by a login that cannot be shown as it is. Pure. */
export function personIn(text: string): TailscalePerson | null {
  const { Node: node, UserProfile: profile } = fieldsOf(jsonIn(text))
  const { LoginName: login, DisplayName: name } = fieldsOf(profile)
  const { Tags: tags } = fieldsOf(node)
  // One that only looks like another login is none: somebody compares it.
  if (typeof login !== 'string' || login === '' || cleanText(login, 320) !== login) return null
  return {
    login,
    name: typeof name === 'string' ? cleanText(name, 100) : '',
    tagged: login === NOBODY || (Array.isArray(tags) && tags.length > 0),
  }
}
