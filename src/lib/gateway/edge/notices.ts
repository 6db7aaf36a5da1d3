import type { IncomingMessage } from 'node:http'
import type { IngressId } from '../../protocol/http-api.ts'
import type { Audit, AuditEvent } from '../../system/audit.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import { sourceOf } from './addresses.ts'
import type { Proof } from './auth.ts'
import { createKnownUsers } from './known-users.ts'
import { ssoId } from './proxy-identity.ts'
import { createRefusals } from './refusals.ts'
import type { Verdict } from './judge.ts'

/** Says in the logs what the owner should know of a verdict. */
export interface Notices {
  note(verdict: Verdict, req: IncomingMessage, ingress: IngressId): void
}

/** Refusals that tell of an attack or of a mistake in a proxy; a missing token is neither. */
const audited: ReadonlyMap<string, AuditEvent> = new Map([
  ['invalid_token', 'AuthAudit.invalid'],
  ['invalid_proxy_credentials', 'AuthAudit.proxyRefused'],
  ['auth_blocked', 'AuthAudit.blocked'],
  ['AUTH_NONE_LOCAL_ONLY', 'AuthAudit.notLocal'],
  ['UNKNOWN_HOST', 'AuthAudit.unknownHost'],
  ['FOREIGN_ORIGIN', 'AuthAudit.foreignOrigin'],
  ['ORIGIN_NOT_HOST', 'AuthAudit.foreignOrigin'],
  ['SERVICE_WORKER_REFUSED', 'AuthAudit.serviceWorker'],
  ['FORWARDED_INVALID', 'AuthAudit.brokenForwarded'],
])
const MAX_PEERS = 100

/** Notices in the gateway log and the audit log, none of them more often than it is of use. */
export function createNotices(given: { log: Log; audit: Audit; clock: Clock; onBlocked?: (source: string) => void }): Notices {
  const { log, onBlocked } = given
  const refusals = createRefusals(given)
  const users = createKnownUsers(given)
  const untrusted = new Set<string>()

  /** The first request of a proxy that nobody listed: it works, and would work better. */
  function noteProxy(peer: string | undefined): void {
    if (peer === undefined || untrusted.has(peer) || untrusted.size >= MAX_PEERS) return
    untrusted.add(peer)
    log.warn(`X-Forwarded-* headers from ${peer} are ignored: it is not in gateway.trustedProxies`, {
      peer,
      fix: `xopc config set 'gateway.trustedProxies=["${peer}"]'`,
      note: 'Only if this is your own proxy.',
    })
  }

  return {
    note(verdict, req, ingress) {
      const { forwarded } = verdict
      const peer = req.socket.remoteAddress
      if (forwarded?.proxied && !forwarded.trustedPeer && ingress !== 'control') noteProxy(peer)
      if ('proof' in verdict && verdict.proof?.blockedNow && forwarded) noteBlock(forwarded.client)
      if ((verdict.to === 'app' || verdict.to === 'control') && verdict.proof.principal.kind === 'sso') {
        noteUser(verdict.proof.principal.id, verdict.forwarded.client, ingress)
      }
      if (verdict.to !== 'refusal') return
      const event = audited.get(verdict.error.code)
      const client = forwarded?.client ?? peer ?? ingress
      const fields = { ingress, client, method: req.method, path: pathOf(req), host: req.headers.host }
      if (event) refusals.note(event, { ...fields, ...faultOf(verdict.proof) })
    },
  }

  /** Bounded like refusals: without a secret a program on this computer may name as many users as it likes. */
  function noteUser(user: string, client: string, ingress: IngressId): void {
    if (users.isNews(user, client)) refusals.note('AuthAudit.signedIn', { user, client, ingress, by: 'proxy' })
  }

  function noteBlock(client: string): void {
    const source = sourceOf(client)
    given.audit.write('AuthAudit.sourceBlocked', { source })
    onBlocked?.(source)
  }
}

/** What was wrong with a proxy's word. */
function faultOf(proof: Proof | null): { reason?: string; user?: string } {
  if (proof === null || proof.fault === null) return {}
  return { reason: proof.fault, ...(proof.named === null ? {} : { user: ssoId(proof.named) }) }
}

function pathOf(req: IncomingMessage): string {
  return (req.url ?? '').split('?')[0] ?? ''
}
