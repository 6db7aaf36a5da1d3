import { cliErrors } from '../../cli/errors.ts'
import { accessErrors } from '../access/errors.ts'
import { lanErrors } from '../access/lan/errors.ts'
import { proxyErrors } from '../access/proxy/errors.ts'
import { tailscaleErrors } from '../access/tailscale/errors.ts'
import { tunnelErrors } from '../access/tunnel/errors.ts'
import { binaryErrors } from '../binaries/errors.ts'
import { frpcErrors } from '../binaries/frpc/errors.ts'
import { brokerErrors } from '../broker/errors.ts'
import { clientErrors } from '../client/errors.ts'
import { configErrors } from '../config/errors.ts'
import { coreErrors } from '../core/errors.ts'
import { edgeErrors } from '../gateway/edge/errors.ts'
import { gatewayErrors } from '../gateway/errors.ts'
import { identityErrors } from '../identity/errors.ts'
import { localUiErrors } from '../local-ui/errors.ts'
import { mcpErrors } from '../mcp/errors.ts'
import { probeErrors } from '../probe/errors.ts'
import { remoteErrors } from '../remote/errors.ts'
import { stateErrors } from '../state/errors.ts'
import { supervisorErrors } from '../supervisor/errors.ts'
import { systemErrors } from '../system/errors.ts'
import type { ErrorDefinition } from './error.ts'

/** Every part's errors, one line per part. */
const parts: readonly Readonly<Record<string, { definition: ErrorDefinition }>>[] = [
  accessErrors,
  binaryErrors,
  brokerErrors,
  cliErrors,
  clientErrors,
  configErrors,
  coreErrors,
  edgeErrors,
  frpcErrors,
  gatewayErrors,
  identityErrors,
  lanErrors,
  localUiErrors,
  mcpErrors,
  probeErrors,
  proxyErrors,
  remoteErrors,
  stateErrors,
  supervisorErrors,
  systemErrors,
  tailscaleErrors,
  tunnelErrors,
]

/** Every code that xopc can show, with its definition. Two parts must not define the same code; a test holds that. */
export const catalog: Readonly<Record<string, ErrorDefinition>> = Object.fromEntries(
  parts.flatMap((errors) => Object.entries(errors).map(([code, make]) => [code, make.definition])),
)
