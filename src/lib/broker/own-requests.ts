import type { IncomingMessage } from 'node:http'
import { leaseGrammar } from '../protocol/broker-api.ts'
import type { Clock } from '../system/clock.ts'
import { isOwn } from './client-address.ts'
import { isLive, type LeaseBook } from './leases.ts'
import type { Reply } from './refusal.ts'
import type { Sessions } from './sessions.ts'
import type { Tally } from './tally.ts'

/** What the programs beside the broker are told. */
export interface OwnParts {
  settings: { subdomainHost: string }
  book: LeaseBook
  sessions: Pick<Sessions, 'count'>
  tally: Tally
  clock: Pick<Clock, 'now'>
}

const NOTHING: Reply = { status: 404, body: 'There is nothing here.\n' }

/** Answers what only programs of this computer may ask, and only for themselves: nothing that a proxy passed on. Null for other paths. */
export function answerOwn(req: IncomingMessage, path: string, parts: OwnParts): Reply | null {
  if (req.method !== 'GET' || (path !== '/edge/allow' && path !== '/metrics')) return null
  if (!isOwn(req)) return NOTHING
  if (path === '/metrics') return { status: 200, body: metricsText(parts), headers: { 'content-type': 'text/plain; version=0.0.4' } }
  const domain = new URL(req.url ?? '', 'http://127.0.0.1').searchParams.get('domain') ?? ''
  return mayHaveCertificate(domain, parts) ? { status: 200, body: 'Yes.\n' } : NOTHING
}

/** Whether the web server in front may ask for a certificate: only for a name that somebody holds, so that nobody uses its quota up. */
function mayHaveCertificate(domain: string, { settings, book }: OwnParts): boolean {
  const host = domain.toLowerCase()
  const end = `.${settings.subdomainHost}`
  const name = host.endsWith(end) ? host.slice(0, -end.length) : ''
  return leaseGrammar.subdomain.test(name) && book.byName(name) !== undefined
}

/** Prometheus text format 0.0.4. */
function metricsText({ book, sessions, tally, clock }: OwnParts): string {
  const now = clock.now()
  const live = [...book.all()].filter((lease) => isLive(lease, now)).length
  return [
    ...gauge('xopc_broker_leases', 'Names that are held.', book.size()),
    ...gauge('xopc_broker_leases_live', 'Names that are in use.', live),
    ...gauge('xopc_broker_tunnels', 'Tunnels that are connected.', sessions.count()),
    ...tally.lines(),
    '',
  ].join('\n')
}

function gauge(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`]
}
