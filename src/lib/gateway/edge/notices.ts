import type { IncomingMessage } from 'node:http'
import type { IngressId } from '../../protocol/http-api.ts'
import type { Audit, AuditEvent } from '../../system/audit.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import { sourceOf } from './addresses.ts'
import { createRefusals } from './refusals.ts'
import type { Verdict } from './judge.ts'

/** Says in the logs what the owner should know of a verdict. */
export interface Notices {
  note(verdict: Verdict, req: IncomingMessage, ingress: IngressId): void
}

/** Refusals that tell of an attack or of a mistake in a proxy; a missing token is neither. */
const audited: ReadonlyMap<string, AuditEvent> = new Map([
  ['invalid_token', 'AuthAudit.invalid'],
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
      if (verdict.to !== 'refusal') return
      const event = audited.get(verdict.error.code)
      const client = forwarded?.client ?? peer ?? ingress
      if (event) refusals.note(event, { ingress, client, method: req.method, path: pathOf(req), host: req.headers.host })
    },
  }

  function noteBlock(client: string): void {
    const source = sourceOf(client)
    given.audit.write('AuthAudit.sourceBlocked', { source })
    onBlocked?.(source)
  }
}

function pathOf(req: IncomingMessage): string {
  return (req.url ?? '').split('?')[0] ?? ''
}
