import type { ControlRoute } from '../route.ts'
import { accessRoutes } from './access.ts'
import { configRoutes } from './config.ts'
import { eventRoutes } from './events.ts'
import { gatewayRoutes } from './gateway.ts'
import { identityRoutes } from './identity.ts'
import { pairingRoutes } from './pairing.ts'
import { probeRoutes } from './probe.ts'
import { sessionRoutes } from './session.ts'

/** Every route of the API but `openapi.json`, which describes this table, and the probe's WebSocket. */
export const controlRoutes: readonly ControlRoute[] = [
  ...gatewayRoutes,
  ...accessRoutes,
  ...configRoutes,
  ...sessionRoutes,
  ...eventRoutes,
  ...identityRoutes,
  ...probeRoutes,
  ...pairingRoutes,
]
