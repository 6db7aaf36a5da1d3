import { z } from 'zod'
import { gatewayErrors } from '../../errors.ts'
import { route } from '../route.ts'

const anything = z.unknown()
const paths = ['/api/agent', '/api/agent/stream', '/api/agent/abort'] as const

/** What a phone calls to talk to the agent behind the gateway. */
export const agentRoutes = paths.map((path) =>
  route({
    method: 'POST',
    path,
    scope: 'run',
    about: 'Belongs to the agent, which no version has had so far: there is nobody to answer.',
    body: anything,
    codes: ['AGENT_NOT_CONFIGURED'],
    handle: () => {
      throw gatewayErrors.AGENT_NOT_CONFIGURED()
    },
  }),
)
