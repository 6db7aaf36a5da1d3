import { TICKET_PREFIX } from '../../identity/tickets.ts'

/** Takes our tickets out of a request target, so that neither log nor app sees them; an app's own `ticket` parameter stays. Gives the first one. */
export function cutTicket(target: string): { target: string; ticket: string | null } {
  if (!target.includes(TICKET_PREFIX)) return { target, ticket: null }
  const at = target.indexOf('?')
  const pairs = target.slice(at + 1).split('&')
  const tickets = pairs.filter(isTicket)
  const rest = pairs.filter((pair) => !isTicket(pair)).join('&')
  const [first] = tickets
  if (at === -1 || first === undefined) return { target, ticket: null }
  return { target: target.slice(0, at) + (rest === '' ? '' : `?${rest}`), ticket: first.slice('ticket='.length) }
}

function isTicket(pair: string): boolean {
  return pair.startsWith(`ticket=${TICKET_PREFIX}`)
}
