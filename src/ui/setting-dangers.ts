import { consentDanger } from './consent-danger.ts'
import type { Gateway } from './gateway.ts'
import type { Danger } from './danger.ts'

/** What is asked before a change, which is then saved; where there is an `act`, that is done in place of saving. */
export type Risk = Omit<Danger, 'act'> & Partial<Pick<Danger, 'act'>>

/** What a change would let strangers do, before it is saved; null where it lets them do nothing new, or is refused anyway. Pure. */
export function dangerOf(path: string, value: unknown, gateway: Gateway): Risk | null {
  if (path === 'gateway.tailscale.mode' && value === 'funnel' && gateway.sight.get().status?.authMode === 'password')
    return consentDanger('tailscale', gateway)
  if (path === 'tunnel.enabled' && value === true) return consentDanger('tunnel', gateway)
  if (path === 'gateway.bind' && value !== 'loopback')
    return {
      title: 'Open the gateway to other computers?',
      sentences: [
        `With gateway.bind at ${String(value)}, others can open the sign-in page of this gateway and try to sign in.`,
        'The connection is plain http: whoever runs the network in between can read along.',
        'With 0.0.0.0 or ::, that is every network this computer is in, now and later.',
      ],
      verb: 'Open to other computers',
    }
  if (path === 'gateway.auth.mode' && value === 'none')
    return {
      title: 'Ask nobody who they are?',
      sentences: [
        'Every program of every user on this computer can look at the gateway and use the app behind it.',
        'So can every page that one of them opens.',
        'No way in from elsewhere can be switched on.',
      ],
      verb: 'Ask nobody',
    }
  return null
}
