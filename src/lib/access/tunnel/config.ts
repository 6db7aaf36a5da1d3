import { z } from 'zod'
import { reachOf } from '../../protocol/reach.ts'

/** That a person agreed to an audience of the whole internet, to which text, and when. */
export const tunnelConsentSetting = z.strictObject({
  version: z.string().min(1).meta({ description: 'Which text was agreed to.' }),
  acceptedAt: z.iso.datetime({ offset: true }).meta({ description: 'When.' }),
})

/** The broker until another one is named. */
export const FIRST_BROKER = 'https://frp.xopc.ai/api'

/** `tunnel`. */
export const tunnelSettings = z
  .strictObject({
    enabled: z.boolean().default(false).meta({ description: 'Whether the public tunnel is wanted now.' }),
    autoStart: z.boolean().default(false).meta({ description: 'Start the tunnel together with the gateway.' }),
    consent: tunnelConsentSetting.optional().meta({ description: 'Your agreement to the public tunnel, written when you give it.' }),
    registrationSecret: z
      .string()
      .regex(/^[\x21-\x7e]{1,256}$/, { error: 'must be 1 to 256 printable characters without spaces' })
      .optional()
      .meta({
        description: 'What the broker asks for before it gives out a public name.',
        secret: true,
        env: 'XOPC_TUNNEL_REGISTRATION_SECRET',
      }),
    brokerUrl: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .default(FIRST_BROKER)
      .meta({ description: 'The broker that gives out public names.', env: 'XOPC_TUNNEL_BROKER_URL' }),
    subdomain: z
      .string()
      .regex(/^[a-z0-9]{4,16}$/, { error: 'must be 4 to 16 small letters and digits' })
      .optional()
      .meta({ description: 'The name you would like to have at the broker.' }),
  })
  .prefault({})

/** Whether a broker is on this computer, for trying: it lets nobody else in. */
export function isBrokerHere(brokerUrl: string): boolean {
  return reachOf(new URL(brokerUrl).hostname) === 'loopback'
}
