import { isLoopbackBind } from '../access/lan/config.ts'
import { configErrors } from './errors.ts'
import { found } from './problems.ts'
import type { Rule } from './rule.ts'

const serveBeside: Rule = ({ config: { gateway } }) =>
  gateway.tailscale.mode === 'off' || isLoopbackBind(gateway.bind)
    ? []
    : [found('gateway.tailscale.mode', configErrors.SERVE_NEEDS_LOOPBACK({ bind: gateway.bind }))]

const funnelOpen: Rule = ({ config: { gateway } }) =>
  gateway.tailscale.mode !== 'funnel' || gateway.auth.mode === 'password'
    ? []
    : [found('gateway.tailscale.mode', configErrors.FUNNEL_NEEDS_PASSWORD({ mode: gateway.auth.mode }))]

/** A warning in a file that holds both (it starts neither); an edit that would bring it about is refused. */
const twoExposures: Rule = ({ config: { gateway, tunnel } }) => {
  const both = gateway.tailscale.mode !== 'off' && (tunnel.enabled || tunnel.autoStart)
  if (!both) return []
  const first = `Tailscale (${gateway.tailscale.mode})`
  const conflict = configErrors.EXPOSURE_CONFLICT({ first, off: 'xopc tailscale off', command: 'xopc tunnel start --replace' })
  return [found('gateway.tailscale.mode', conflict, 'warning')]
}

/** Rules about what may be open at the same time. */
export const exposureRules: readonly Rule[] = [serveBeside, funnelOpen, twoExposures]
