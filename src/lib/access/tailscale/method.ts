import type { ServeWish } from '../../binaries/tailscale-serve.ts'
import type { Tailscale } from '../../binaries/tailscale.ts'
import { XopcError } from '../../errors/error.ts'
import type { Way } from '../../probe/way.ts'
import { funnelConsent } from '../../protocol/consent.ts'
import type { AccessState } from '../../protocol/http-api.ts'
import { noteExposures, readExposures, type TailscaleExposure } from '../../state/exposures.ts'
import type { AccessContext, AccessDefinition, AccessMethod, Report } from '../access-method.ts'
import { awaitCertificate } from './certificate.ts'
import { findings, problem } from './checks.ts'
import { openDoor } from './door.ts'
import { standingOf } from './entry.ts'
import { tailscaleErrors } from './errors.ts'
import { lookAtTailscale, type Sight, type TailscaleFacts } from './facts.ts'
import { identityFinding, identityObstacle } from './identity.ts'
import { isAsNoted, ownEntryIn, putEntry, takeBack, takeBackWithin } from './own-entry.ts'
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
  exposure: plans.exposure,
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
/** Switching off takes 3 s at most, and says by then what it could not do. */
const TAKE_BACK_MS = 2500

/** What was seen, and the name that this computer has in the tailnet. */
interface Named {
  facts: TailscaleFacts
  name: string
}

/** An address that was just opened. */
interface Settling extends Named {
  url: string
  /** The door is a socket. */
  socket: boolean
}

/** Where it is served, as long as it is. */
interface Served {
  url: string
  since: string
  way: Way
}

/** Owns one path of one https port, leads it to a door of its own, and leaves everything else that the node serves alone. */
export function createTailscale(context: AccessContext): AccessMethod {
  let known: Tailscale | null = null
  /** What `inspect` saw, for the `enable` that follows it: a Tailscale that does not run takes seconds to say so. */
  let seen: Sight | null = null
  let on: Served | null = null
  let changedOutside = false
  let askedOff = false
  let socketRefused: string | null = null

  async function look(signal: AbortSignal): Promise<Sight> {
    const sight = await lookAtTailscale(context.state, signal, known)
    // One that cannot be driven now may be another one, or another version, the next time.
    known = sight.program
    return sight
  }

  async function inspect(signal: AbortSignal): Promise<TailscaleFacts> {
    seen = await look(signal)
    return seen.facts
  }

  async function enable(signal: AbortSignal, report: Report): Promise<AccessState> {
    const sight = seen
    seen = null
    const config = context.config()
    const refused = plans.refusal(config, null)
    if (refused !== null) throw refused
    const unasked = plans.consentMissing(config)
    if (unasked !== null) return await wait({ needs: unasked.info(), command: plans.AGREE })
    const { program, facts } = sight ?? (await look(signal))
    const inTheWay = plans.obstacle(config, facts)
    const name = facts.status?.name ?? null
    if (inTheWay !== null || program === null || name === null) return await wait(inTheWay ?? plans.starting())
    return await publish(program, { facts, name }, signal, report)
  }

  async function publish(program: Tailscale, sight: Named, signal: AbortSignal, report: Report): Promise<AccessState> {
    const config = context.config()
    const { facts, name } = sight
    const noted = await readExposures(context.state)
    const url = plans.urlOf(name, config.gateway.tailscale.httpsPort)
    const socket = config.gateway.auth.allowTailscale && whyNoIdentity(program, facts) === null
    const target = await openDoor(context, { origin: url, port: noted.tailscalePort, socket })
    const wish = plans.wishOf(config, target, { forATime: noted.openings['tailscale'] !== undefined })
    if (on !== null && !isAsNoted(facts, noted.tailscale)) changedOutside = true
    if (changedOutside) return await respect(facts, wish.mode)
    if (noted.tailscale !== null && !plans.isSame(noted.tailscale, wish)) {
      // Another port or mode is asked for: what was ours goes first, and strangers with it.
      on = null
      report('taking out the entry of before', 'closed')
      if (noted.tailscale.mode === 'funnel') await context.closeIngress('tailscale')
      await takeBack(context.state, { asked: true, signal })
      return await publish(program, { name, facts: (await look(signal)).facts }, signal, report)
    }
    // What somebody adds beside ours is theirs; ours stays as it is.
    const isKept = isAsNoted(facts, noted.tailscale) && noted.tailscale?.target === wish.target
    const standing = isKept ? ({ kind: 'ours' } as const) : standingOf(facts.serving, wish, facts.own)
    if (standing.kind === 'foreign') return await wait({ needs: plans.portTaken(facts, standing.entry, wish.mode).info() })
    const isDone = standing.kind === 'ours' && plans.isPermitted(wish, facts)
    const waits = isDone ? await keepNote(noted.tailscale, wish) : await put(program, wish, signal, report)
    if (waits === 'without socket') return await publish(program, sight, signal, report)
    if (waits !== null) return await wait(waits)
    if (on?.url !== url && (await settle(program, { url, name, facts, socket }, signal, report)) === 'without socket')
      return await publish(program, sight, signal, report)
    return { phase: 'on', urls: [url], since: on?.since ?? now(), verified: null }
  }

  function whyNoIdentity(program: Tailscale | null, facts: TailscaleFacts): string | null {
    return socketRefused ?? identityObstacle(facts, { platform: process.platform, program: program?.program ?? null })
  }

  /** What is served already may be told to outlive the gateway, or not any more. */
  async function keepNote(entry: TailscaleExposure | null, { keep }: TailscaleExposure): Promise<null> {
    if (entry !== null && entry.keep !== keep) await noteExposures(context.state, { tailscale: { ...entry, keep } })
    return null
  }

  async function put(program: Tailscale, wish: TailscaleExposure, signal: AbortSignal, report: Report) {
    report('asking Tailscale to serve')
    try {
      return await putEntry(context.state, program, wish, signal)
    } catch (error) {
      if (!(error instanceof XopcError) || error.code !== 'TAILSCALE_SOCKET_REFUSED') throw error
      return withoutSocket('it leads to a socket only for root, or for an operator who may use sudo')
    }
  }

  function withoutSocket(reason: string): 'without socket' {
    context.log.warn('Tailscale cannot say who its visitors are', { code: 'TAILSCALE_IDENTITY_UNAVAILABLE', reason })
    socketRefused = reason
    return 'without socket'
  }

  /** The first visit makes Tailscale fetch the certificate, which takes a while: better ours than a person's. */
  async function settle(program: Tailscale, { url, name, facts, socket }: Settling, signal: AbortSignal, report: Report) {
    on = { url, since: now(), way: wayTo(program, { url, name, addresses: facts.status?.addresses ?? [] }) }
    const fault = await awaitCertificate(context, { url, name }, signal, report)
    if (fault !== null && socket && fault.code === 'HTTP_ERROR') {
      on = null
      return withoutSocket(`it did not come through to the socket (${fault.message})`)
    }
    on = { ...on, since: now() }
    return null
  }

  function now(): string {
    return new Date(context.clock.now()).toISOString()
  }

  async function wait(obstacle: plans.Obstacle): Promise<AccessState> {
    on = null
    await context.closeIngress('tailscale')
    return { phase: 'blocked', ...obstacle }
  }

  /** Somebody took our entry away, or changed it: that is their right, until a person asks for it here again. */
  async function respect(facts: TailscaleFacts, mode: ServeWish['mode']): Promise<AccessState> {
    const { tailscale: entry } = await readExposures(context.state)
    // One that was only opened to others is still ours to take out.
    if (ownEntryIn(facts, entry) === undefined) await noteExposures(context.state, { tailscale: null })
    const command = `xopc tailscale ${mode}`
    return await wait({ needs: tailscaleErrors.CHANGED_OUTSIDE({ command }).info(), command })
  }

  async function disable(signal: AbortSignal): Promise<AccessState> {
    on = null
    await context.closeIngress('tailscale')
    await takeBackWithin(context.state, { asked: askedOff, signal }, TAKE_BACK_MS)
    askedOff = false
    return { phase: 'off' }
  }

  function asked(intended: boolean): void {
    changedOutside = false
    socketRefused = null
    askedOff = !intended
  }

  async function diagnose(signal: AbortSignal) {
    try {
      const { program, facts } = await look(signal)
      return [...findings(context.config(), facts), ...identityFinding(context.config(), whyNoIdentity(program, facts))]
    } catch (error) {
      if (error instanceof XopcError) return [problem(error.info())]
      throw error
    }
  }

  return {
    id: 'tailscale',
    inspectEveryMs: LOOK_MS,
    intended: plans.intended,
    audience: plans.audience,
    inspect,
    plan: plans.plan,
    asked,
    way: (url) => (on?.url === url ? on.way : null),
    enable,
    disable,
    diagnose,
  }
}
