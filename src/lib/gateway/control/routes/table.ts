import { openApi } from '../openapi.ts'
import { type ControlRoute, route } from '../route.ts'
import { accessRoutes } from './access.ts'
import { agentRoutes } from './agent.ts'
import { configRoutes } from './config.ts'
import { deviceRoutes } from './devices.ts'
import { eventRoutes } from './events.ts'
import { exposureRoutes } from './exposure.ts'
import { gatewayRoutes } from './gateway.ts'
import { identityRoutes } from './identity.ts'
import { pairRoutes } from './pair.ts'
import { phoneRoutes } from './phone.ts'
import { probeRoutes } from './probe.ts'
import { sessionRoutes } from './session.ts'
import { tunnelRoutes } from './tunnel.ts'

const described = route({
  method: 'GET',
  path: '/api/openapi.json',
  scope: 'admin',
  about: 'This API as OpenAPI 3.1.',
  produces: 'application/json',
  handle: (_call, { version }) => openApi(controlRoutes, version),
})

/** Every route of the API but the probe's WebSocket (echo.ts): registered, documented and tested from here. */
export const controlRoutes: readonly ControlRoute[] = [
  ...gatewayRoutes,
  ...accessRoutes,
  ...configRoutes,
  ...sessionRoutes,
  ...eventRoutes,
  ...identityRoutes,
  ...probeRoutes,
  ...phoneRoutes,
  ...pairRoutes,
  ...deviceRoutes,
  ...tunnelRoutes,
  ...exposureRoutes,
  ...agentRoutes,
  described,
]

/** The methods under which a path is served; empty where there is no such path. Pure. */
export function methodsAt(path: string): string[] {
  return controlRoutes.filter((row) => matches(row.path, path)).map(({ method }) => method)
}

function matches(template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')]
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith(':') || part === given[index])
}
