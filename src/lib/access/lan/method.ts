import { XopcError } from '../../errors/error.ts'
import type { AccessState, Finding } from '../../protocol/http-api.ts'
import { readText } from '../../system/files.ts'
import { interfaces } from '../../system/net.ts'
import type { AccessContext, AccessDefinition, AccessMethod } from '../access-method.ts'
import { findings } from './checks.ts'
import { openDoor } from './door.ts'
import * as plans from './plan.ts'

/** The local network: what is known of it without a gateway, and the method itself. */
export const lan: AccessDefinition = {
  id: 'lan',
  intended: plans.intended,
  audience: plans.audience,
  audienceText: plans.audienceText,
  candidates: plans.candidates,
  inspect,
  refusal: plans.refusal,
  plan: plans.plan,
  settingsOn: plans.settingsOn,
  settingsOff: plans.settingsOff,
  proposed: plans.proposed,
  create: createLan,
}

/** Listens on the addresses that `gateway.bind` means, and follows them when the network changes. */
export function createLan(context: AccessContext): AccessMethod {
  let hosts: readonly string[] = []
  let since: string | null = null

  async function enable(signal: AbortSignal): Promise<AccessState> {
    const config = context.config()
    const facts = await inspect()
    const refused = config.gateway.auth.mode === 'none' ? plans.refusal(config, facts) : null
    if (refused !== null) return await shut(refused)
    const absent = plans.missing(config, facts)
    if (absent !== null) {
      await disable()
      return { phase: 'blocked', needs: absent.info() }
    }
    signal.throwIfAborted()
    return await listen(
      plans.chosen(config, facts).map(({ address }) => address),
      config.gateway.port,
    )
  }

  async function listen(wanted: readonly string[], port: number): Promise<AccessState> {
    const door = await openDoor(context, { wanted, open: hosts, port })
    if (door.hosts.length === 0 && door.error !== null) return await shut(door.error)
    hosts = door.hosts
    since ??= new Date(context.clock.now()).toISOString()
    const urls = [...door.urls]
    if (door.error === null) return { phase: 'on', urls, since, verified: null }
    return { phase: 'degraded', urls, error: door.error.info(), next: 'The other addresses are tried again by themselves.' }
  }

  async function shut(error: XopcError): Promise<never> {
    // A door that is only half as wanted must not stay open behind a state that says it failed.
    await disable()
    throw error
  }

  async function disable(): Promise<AccessState> {
    await context.closeIngress('lan')
    hosts = []
    since = null
    return { phase: 'off' }
  }

  async function diagnose(signal: AbortSignal): Promise<Finding[]> {
    const config = context.config()
    const facts = await inspect()
    const urls = hosts.length === 0 ? [] : plans.candidates(config, facts).map(({ url }) => url)
    const answers = await Promise.all(urls.map(async (url) => ({ url, answer: await context.probe.health(url, signal) })))
    return findings({ config, facts, answers, ufwConf: await readUfwConf() })
  }

  return {
    id: 'lan',
    inspectEveryMs: 2000,
    intended: plans.intended,
    audience: plans.audience,
    inspect,
    plan: plans.plan,
    enable,
    disable,
    diagnose,
  }
}

async function inspect(): Promise<plans.LanFacts> {
  return { addresses: await interfaces() }
}

async function readUfwConf(): Promise<string | null> {
  try {
    return await readText('/etc/ufw/ufw.conf')
  } catch (error) {
    // Not readable is as good as not known, and the finding says then that nothing was looked at.
    if (error instanceof XopcError) return null
    throw error
  }
}
