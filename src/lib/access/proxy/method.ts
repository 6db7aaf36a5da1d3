import type { AccessState } from '../../protocol/http-api.ts'
import type { AccessContext, AccessDefinition, AccessMethod } from '../access-method.ts'
import { findings } from './checks.ts'
import * as plans from './plan.ts'

/** The person's own proxy: what is known of it without a gateway, and the method itself. */
export const proxy: AccessDefinition = {
  id: 'proxy',
  intended: plans.intended,
  audience: plans.audience,
  audienceText: plans.audienceText,
  // No address of this computer is chosen for a proxy; its own is in `urls`.
  candidates: () => [],
  inspect,
  refusal: plans.refusal,
  plan: plans.plan,
  settingsOn: plans.settingsOn,
  settingsOff: plans.settingsOff,
  proposed: plans.proposed,
  create: createProxy,
}

/** Opens nothing: the doors that a proxy comes by are the gateway's own. It is on as soon as it is named; whether it works, verification tells. */
export function createProxy(context: AccessContext): AccessMethod {
  let on: { url: string; since: string } | null = null

  async function enable(): Promise<AccessState> {
    const config = context.config()
    const refused = plans.refusal(config)
    if (refused !== null) throw refused
    const url = config.gateway.publicUrl
    if (url === undefined) return await disable()
    if (on?.url !== url) on = { url, since: new Date(context.clock.now()).toISOString() }
    return { phase: 'on', urls: [url], since: on.since, verified: null }
  }

  async function disable(): Promise<AccessState> {
    on = null
    return { phase: 'off' }
  }

  return {
    id: 'proxy',
    intended: plans.intended,
    audience: plans.audience,
    inspect,
    plan: plans.plan,
    enable,
    disable,
    async diagnose(signal) {
      const config = context.config()
      const { publicUrl } = config.gateway
      return findings(config, publicUrl === undefined ? null : await context.probe.test(publicUrl, { signal }))
    },
  }
}

/** What is true outside is what the staged test sees; there is nothing else to look at. */
async function inspect() {
  return {}
}
