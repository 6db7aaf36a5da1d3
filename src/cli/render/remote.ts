import type { ErrorInfo } from '../../lib/errors/error.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { pairs } from './table.ts'

/** What `xopc remote status --json` prints. */
export interface RemoteStatus {
  mode: 'local' | 'remote'
  /** Who says so: `--url`, `XOPC_GATEWAY_URL`, `gateway.remote`; null for this computer. */
  from: string | null
  /** `https://…`, `ssh://user@host`. */
  url: string | null
  transport: 'direct' | 'ssh' | null
  /** Of the gateway that proved itself just now, else of the one that is known there. */
  gatewayId: string | null
  fingerprint: string | null
  /** It proved itself just now, and takes what is kept as its token. */
  reached: boolean
  /** Where it was reached, which may be another address of it. */
  by: string | null
  error: ErrorInfo | null
}

/** What `xopc remote status` shows. Pure. */
export function renderRemote(status: RemoteStatus): string[] {
  const { mode, url, from, gatewayId, fingerprint, by, error } = status
  if (mode === 'local')
    return ['Commands act on this computer.', '', 'Next: xopc remote use ssh://user@host, to act on a gateway elsewhere']
  return [
    `Commands act on the gateway at ${url}.`,
    '',
    ...pairs([
      ['Named by', from ?? ''],
      ['Gateway', gatewayId ?? 'not met yet'],
      ['Fingerprint', fingerprint ?? 'not met yet'],
      ['Reached', error === null ? `yes, at ${by}` : 'no'],
    ]),
    ...(error === null ? [] : ['', cleanText(error.message, 600), ...(error.hint === undefined ? [] : [cleanText(error.hint, 600)])]),
    ...(error === null ? ['', 'Next: xopc status'] : []),
  ]
}
