import { z } from 'zod'
import { routes } from '../../../protocol/routes.ts'
import { gatewayErrors } from '../../errors.ts'
import { tunnelStatus } from '../pairing-replies.ts'
import { route } from '../route.ts'

/** What a later version brings is refused whatever is sent along. */
const anything = z.unknown()
const actions = [
  ['consent', 'Records the agreement to the public tunnel.'],
  ['start', 'Starts the public tunnel.'],
  ['stop', 'Stops the public tunnel.'],
  ['prefetch', 'Fetches what the public tunnel needs.'],
] as const

/** The public tunnel as phones and scripts know it; until there is one, it says so. */
export const tunnelRoutes = [
  route({
    ...routes.tunnelStatus,
    about: 'The public tunnel: its state, its consent and its settings. In this version it is always `disconnected`.',
    reply: tunnelStatus,
    handle: (_call, { xopc }) => xopc.tunnelStatus(),
  }),
  ...actions.map(([action, about]) =>
    route({
      method: 'POST',
      path: `/api/tunnel/${action}`,
      scope: 'admin',
      about: `${about} Belongs to a later version and is refused.`,
      body: anything,
      codes: ['TUNNEL_NOT_IN_THIS_VERSION'],
      handle: () => {
        throw gatewayErrors.TUNNEL_NOT_IN_THIS_VERSION()
      },
    }),
  ),
]
