import type { EnableOptions } from '../lib/core/xopc.ts'
import { type Consent, funnelConsent, tunnelConsent } from '../lib/protocol/consent.ts'
import type { Gateway } from './gateway.ts'
import type { Danger } from './danger.ts'

/** What can be opened to the whole internet. */
export type PublicWay = 'tailscale' | 'tunnel'

/** What is agreed to, and the verb of the button that agrees. */
const agreements: Record<PublicWay, { consent: Consent; verb: string; options: EnableOptions }> = {
  tailscale: { consent: funnelConsent, verb: 'Open to the internet', options: { mode: 'funnel' } },
  tunnel: { consent: tunnelConsent, verb: 'Start public tunnel', options: {} },
}

/** What a person is asked before the whole internet can come in. That they agreed is recorded first; then `open` opens it, without which it is just enabled. */
export function consentDanger(id: PublicWay, { client, change }: Gateway, open?: () => Promise<unknown>): Danger {
  const { consent, verb, options } = agreements[id]
  const { title, sentences, version } = consent
  return {
    title,
    sentences,
    verb,
    async act() {
      await client.consent(id, version)
      await (open === undefined ? change(client.enable(id, options)) : open())
    },
  }
}
