import type { Tailscale } from '../../binaries/tailscale.ts'
import { XopcError } from '../../errors/error.ts'
import type { Way } from '../../probe/way.ts'
import { funnelConsent } from '../../protocol/consent.ts'
import type { AccessState } from '../../protocol/http-api.ts'
import { noteExposures, readExposures } from '../../state/exposures.ts'
import type { AccessContext, AccessDefinition, AccessMethod, Report } from '../access-method.ts'
import { awaitCertificate } from './certificate.ts'
import { findings } from './checks.ts'
import { openDoor } from './door.ts'
import { standingOf } from './entry.ts'
import { tailscaleErrors } from './errors.ts'
import { lookAtTailscale, type Sight, type TailscaleFacts } from './facts.ts'
import { putEntry, takeBack } from './own-entry.ts'
import * as plans from './plan.ts'
import { wayTo } from './way.ts'

/** Tailscale Serve and Funnel: what is known without a gateway, and the method itself. */
export const tailscale: AccessDefinition = {
  id: 'tailscale',
  intended: plans.intended,
  audience: plans.audience,
  audienceText: plans.audienceText,
  // Its address is the tailnet's, and in `urls`.
  candidates: () => [],
  inspect: async (signal, state) => (await lookAtTailscale(state, signal)).facts,
  refusal: plans.refusal,
  plan: plans.plan,
  settingsOn: plans.settingsOn,
  settingsOff: plans.settingsOff,
  proposed: plans.proposed,
  consent: {
    text: funnelConsent,
    missing: plans.consentMissing,
    settings: (acceptedAt) => ({ 'gateway.tailscale.consent': { version: funnelConsent.version, acceptedAt } }),
  },
  create: createTailscale,
  undo: async (state, signal) => await takeBack(state, { asked: true, signal }),
}

/** The world is looked at this often, milliseconds: a change by hand shows within 10 s. */
const LOOK_MS = 4000

/** Where it is served, as long as it is. */
interface Served {
  url: string
  since: string
  way: Way
}

/** Owns one path of one https port, leads it to a door of its own, and leaves everything else that the node serves alone. */
export function createTailscale(context: AccessContext): AccessMethod {
  let known: Tailscale | null = null
  let on: Served | null = null
  let changedOutside = false
  let askedOff = false

  async function look(signal: AbortSignal): Promise<Sight> {
    const sight = await lookAtTailscale(context.state, signal, known)
    // One that cannot be driven now may be another one, or another version, the next time.
    known = sight.program
    return sight
  }

  async function enable(signal: AbortSignal, report: Report): Promise<AccessState> {
    const config = context.config()
    const refused = plans.refusal(config)
    if (refused !== null) throw refused
    const unasked = plans.consentMissing(config)
    if (unasked !== null) return await wait({ needs: unasked.info(), command: plans.AGREE })
    const { program, facts } = await look(signal)
    const inTheWay = plans.obstacle(config, facts)
    const name = facts.status?.name ?? null
    if (inTheWay !== null || program === null || name === null) return await wait(inTheWay ?? plans.starting())
    return await publish(program, { facts, name }, signal, report)
  }

  async function publish(
    program: Tailscale,
    { facts, name }: { facts: TailscaleFacts; name: string },
    signal: AbortSignal,
    report: Report,
  ): Promise<AccessState> {
    const config = context.config()
    const noted = await readExposures(context.state)
    const url = plans.urlOf(name, config.gateway.tailscale.httpsPort)
    const target = await openDoor(context, noted.tailscalePort, url)
    const wish = plans.wishOf(config, target)
    const { keep } = wish
    if (noted.tailscale !== null && !plans.isSame(noted.tailscale, wish)) {
      // Another port or mode is asked for: what was ours goes first.
      on = null
      await takeBack(context.state, { asked: true, signal })
      return await publish(program, { facts: (await look(signal)).facts, name }, signal, report)
    }
    const standing = standingOf(facts.serving, wish, facts.own)
    const isOurs = standing.kind === 'ours'
    if (!isOurs && (on !== null || changedOutside)) return await respect()
    if (standing.kind === 'foreign') return await wait({ needs: plans.portTaken(facts, standing.entry).info() })
    if (!isOurs || !plans.isPermitted(wish, facts)) {
      report('asking Tailscale to serve')
      const since = new Date(context.clock.now()).toISOString()
      const waits = await putEntry(context.state, program, { ...wish, since }, signal)
      if (waits !== null) return await wait(waits)
    } else if (noted.tailscale?.keep !== keep) await noteKeep(keep)
    if (on?.url !== url) await settle(program, { url, name }, signal, report)
    return { phase: 'on', urls: [url], since: on?.since ?? '', verified: null }
  }

  async function noteKeep(keep: boolean): Promise<void> {
    const { tailscale: entry } = await readExposures(context.state)
    if (entry !== null) await noteExposures(context.state, { tailscale: { ...entry, keep } })
  }

  /** The first visit makes Tailscale fetch the certificate, which takes a while: better ours than a person's. */
  async function settle(program: Tailscale, { url, name }: { url: string; name: string }, signal: AbortSignal, report: Report) {
    const addresses = known === null ? [] : ((await look(signal)).facts.status?.addresses ?? [])
    on = { url, since: '', way: wayTo(program, { url, name, addresses }) }
    await awaitCertificate(context, { url, name }, signal, report)
    on = { ...on, since: new Date(context.clock.now()).toISOString() }
  }

  async function wait(obstacle: plans.Obstacle): Promise<AccessState> {
    on = null
    await context.closeIngress('tailscale')
    return { phase: 'blocked', ...obstacle }
  }

  /** Somebody took our entry away, or changed it: that is their right, until a person asks for it here again. */
  async function respect(): Promise<AccessState> {
    changedOutside = true
    await noteExposures(context.state, { tailscale: null })
    return await wait({ needs: tailscaleErrors.CHANGED_OUTSIDE().info(), command: 'xopc tailscale serve' })
  }

  async function disable(signal: AbortSignal): Promise<AccessState> {
    on = null
    await context.closeIngress('tailscale')
    await takeBack(context.state, { asked: askedOff, signal })
    askedOff = false
    return { phase: 'off' }
  }

  function asked(intended: boolean): void {
    changedOutside = false
    askedOff = !intended
  }

  async function diagnose(signal: AbortSignal) {
    try {
      return findings(context.config(), (await look(signal)).facts)
    } catch (error) {
      if (error instanceof XopcError) return [{ code: error.code, title: 'Tailscale', status: 'fail' as const, detail: error.message }]
      throw error
    }
  }

  return {
    id: 'tailscale',
    inspectEveryMs: LOOK_MS,
    intended: plans.intended,
    audience: plans.audience,
    inspect: async (signal) => (await look(signal)).facts,
    plan: plans.plan,
    asked,
    way: (url) => (on?.url === url ? on.way : null),
    enable,
    disable,
    diagnose,
  }
}
