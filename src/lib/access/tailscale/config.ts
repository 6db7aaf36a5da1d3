import { z } from 'zod'

/** That a person agreed to an audience of the whole internet, to which text, and when. */
export const tailscaleConsentSetting = z.strictObject({
  version: z.string().min(1).meta({ description: 'Which text was agreed to.' }),
  acceptedAt: z.iso.datetime({ offset: true }).meta({ description: 'When.' }),
})

/** `gateway.tailscale`. */
export const tailscaleSettings = z
  .strictObject({
    mode: z.enum(['off', 'serve', 'funnel']).default('off').meta({
      description: 'serve: reachable by the devices of your tailnet; funnel: by the whole internet.',
    }),
    resetOnExit: z.boolean().default(true).meta({ description: 'Take our entry out of Tailscale when the gateway stops.' }),
    httpsPort: z.int().min(1).max(65535).default(443).meta({ description: 'The https port of the tailnet name.' }),
    consent: tailscaleConsentSetting.optional().meta({ description: 'Your agreement to Funnel, written when you give it.' }),
  })
  .prefault({})
