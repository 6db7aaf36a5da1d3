import { funnelConsent } from '../lib/protocol/consent.ts'
import type { Gateway } from './gateway.ts'
import type { Danger } from './danger.ts'
import { forTime } from './time-left.ts'

/** What a person is asked before the whole internet can come in by Tailscale Funnel. That they agreed is recorded first. `time`: for how long, `1h`; empty or none for no end. */
export function funnelDanger({ client, change }: Gateway, time?: string): Danger {
  const { title, sentences, version } = funnelConsent
  return {
    title,
    sentences,
    verb: 'Open to the internet',
    async act() {
      await client.consent('tailscale', version)
      await change(client.enable('tailscale', { mode: 'funnel', ...forTime(time) }))
    },
  }
}
