import type { Gateway } from './gateway.ts'
import type { Danger } from './danger.ts'

/** What a person is asked before the network can come in. */
export function lanDanger({ client, change }: Gateway): Danger {
  return {
    title: 'Open the gateway to the local network?',
    sentences: [
      'Everybody on the same network can open the sign-in page of this gateway and try to sign in.',
      'The connection is plain http: whoever runs that network can read along.',
      'On a network that you share with strangers, use another way in.',
    ],
    verb: 'Open to the local network',
    act: () => change(client.enable('lan', { wait: true })),
  }
}
