import type { Finding } from '../../protocol/http-api.ts'
import type { Config } from '../../config/schema.ts'
import type { TailscaleFacts } from './facts.ts'

/** Serve leads to a unix socket from this version on. */
const NEEDED = [1, 94] as const

/** Where Tailscale runs, and how it came there. */
export interface Host {
  platform: NodeJS.Platform
  /** Path of `tailscale`; null where it was not found. */
  program: string | null
}

/** Why Tailscale cannot say here who its visitors are, in words; null where it may be tried. Pure. */
export function identityObstacle({ status }: TailscaleFacts, { platform, program }: Host): string | null {
  if (platform === 'win32') return 'on Windows it leads to no socket'
  if (platform === 'darwin' && program?.includes('.app/') === true) return 'the app of macOS is not allowed to open a socket of ours'
  const [major = 0, minor = 0] = (status?.version ?? '').split('.').map(Number)
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return null
  return `it is version ${status?.version ?? 'unknown'}, and ${NEEDED.join('.')} is needed`
}

/** Whether visitors can be told by Tailscale, where that is wanted. Pure. */
export function identityFinding({ gateway }: Config, reason: string | null): Finding[] {
  if (!gateway.auth.allowTailscale) return []
  const title = 'Sign-in by Tailscale'
  if (reason === null)
    return [
      { code: 'TAILSCALE_IDENTITY', title, status: 'pass', detail: 'Tailscale says who its visitors are; they may look and use the app.' },
    ]
  const fix = { title: 'People sign in with the token or password, or by a pairing code, as long as this is so' }
  return [
    { code: 'TAILSCALE_IDENTITY_UNAVAILABLE', title, status: 'warn', detail: `Tailscale cannot say who its visitors are: ${reason}.`, fix },
  ]
}
