import { type ErrorInfo, XopcError } from '../../errors/error.ts'
import { tunnelConsent } from '../../protocol/consent.ts'
import type { AccessState } from '../../protocol/http-api.ts'
import type { TunnelRun } from '../../protocol/tunnel-api.ts'
import { tunnelSocket } from '../../state/store.ts'
import type { AccessContext, AccessDefinition, AccessMethod, Report } from '../access-method.ts'
import { tunnelErrors } from './errors.ts'
import { lookAtTunnel } from './facts.ts'
import { removeFiles } from './frpc-files.ts'
import type { LeaseWish } from './lease.ts'
import type { Link } from './link.ts'
import * as plans from './plan.ts'
import { createProgress, downloadText } from './progress.ts'
import { registrationSecret, wrongReceiver } from './secret.ts'

/** The public tunnel: what is known without a gateway, and the method itself. Whatever asks a broker or runs frpc is loaded when it is needed: every command pays for the rest. */
export const tunnel: AccessDefinition = {
  id: 'tunnel',
  intended: plans.intended,
  audience: plans.audience,
  audienceText: plans.audienceText,
  // Its address is the broker's to give, and in `urls`.
  candidates: () => [],
  inspect: async (_signal, state) => await lookAtTunnel(state),
  refusal: plans.refusal,
  plan: plans.plan,
  settingsOn: plans.settingsOn,
  settingsOff: plans.settingsOff,
  proposed: plans.proposed,
  unready: plans.unready,
  wrongReceiver,
  atStart: plans.atStart,
  exposure: plans.exposure,
  consent: {
    text: tunnelConsent,
    missing: plans.consentMissing,
    settings: (acceptedAt) => ({ 'tunnel.consent': { version: tunnelConsent.version, acceptedAt } }),
  },
  create: createTunnel,
  undo: async (state) => await removeFiles(state),
  release: async (state, signal) => await (await import('./release.ts')).releaseLease(state, signal),
  settingsReleased: () => ({ 'tunnel.subdomain': null }),
  prefetch: async (state, signal) => await (await import('./prefetch.ts')).prefetchFrpc(state, signal),
}

/** A first start downloads a program and waits for a certificate, ms. */
const ENABLE_MS = 600_000
/** From the start of frpc to its first word that it serves, ms. */
const CONNECT_MS = 30_000

/** What only a person can change: it is not tried again by itself. */
const waitsForPerson: ReadonlySet<string> = new Set([
  'TUNNEL_SECRET_REFUSED',
  'TUNNEL_AUTH_REVOKED',
  'TUNNEL_SUBDOMAIN_TAKEN',
  'TUNNEL_IDENTITY_IN_USE',
])
/** What a visitor meets where frpc says that it serves, and does not. */
const nobodyThere: ReadonlySet<string> = new Set(['TIMEOUT', 'NETWORK_ERROR', 'HTTP_ERROR', 'NOT_XOPC_GATEWAY'])

/** What the tunnel was asked for with. */
interface Wish extends LeaseWish {
  broker: string
}

/** Holds one lease of one broker, leads it to a socket of its own, and says that it works only where the public address was visited. */
export function createTunnel(context: AccessContext): AccessMethod {
  const { audit, clock } = context
  const progress = createProgress(clock)
  let link: Link | null = null
  let wished: Wish | null = null
  let since = ''
  let proven = false
  /** What a person has to change first, for this wish. */
  let given: { wish: Wish; needs: ErrorInfo } | null = null

  async function enable(signal: AbortSignal, report: Report): Promise<AccessState> {
    const config = context.config()
    const refused = plans.refusal(config)
    if (refused !== null) throw refused
    const unasked = plans.consentMissing(config)
    if (unasked !== null) return await wait(unasked.info())
    const wish = wishNow()
    if (given !== null && isSame(given.wish, wish)) return await wait(given.needs)
    given = null
    // Another broker or name is asked for: what was ours ends first.
    const isOther = wished !== null && (wished.broker !== wish.broker || wished.subdomain !== wish.subdomain)
    if (link !== null && (isOther || link.state().kind === 'gone')) {
      report('giving up the lease of before', 'closed')
      await close()
    }
    try {
      link ??= await open(wish, signal, report)
    } catch (error) {
      const isOver = link?.state().kind === 'over'
      await close()
      if (error instanceof XopcError && (isOver || waitsForPerson.has(error.code))) return await giveUp(wish, error)
      throw error
    } finally {
      progress.end()
    }
    return await stateOf(link, wish)
  }

  function wishNow(): Wish {
    const config = context.config()
    const secret = registrationSecret(config)
    return {
      broker: config.tunnel.brokerUrl,
      subdomain: config.tunnel.subdomain,
      secret: secret?.value ?? '',
      secretSource: secret?.own === true ? 'the environment or tunnel.registrationSecret' : 'the well-known one for trying',
    }
  }

  async function open(wish: Wish, signal: AbortSignal, report: Report): Promise<Link> {
    const [{ discover }, { acquireLease, noteSuccess }, { openLink }, { awaitVisit }] = await Promise.all([
      import('./broker.ts'),
      import('./lease.ts'),
      import('./link.ts'),
      import('./arrival.ts'),
    ])
    wished = wish
    proven = false
    progress.at('preparing_frpc')
    report('getting frpc ready')
    const [frpc, discovery] = await Promise.all([prepare(signal, report), discover(wish.broker, signal)])
    progress.at('registering')
    report(`registering with ${new URL(wish.broker).host}`)
    const lease = await acquireLease(context, discovery, wish, signal)
    await context.openIngress('tunnel', { kind: 'unix', path: tunnelSocket(context.state), origins: [lease.publicUrl] })
    progress.at('starting_frpc')
    report(`connecting to ${lease.frpc.serverAddr}`)
    let settled = false
    // Until then this start itself watches it; told of every change as well, it would be begun anew at once where it fails.
    const opened = await openLink(context, lease, frpc, () => void (settled && context.changed()))
    // Known from here on, so that whatever fails next also ends it.
    link = opened
    await opened.serving(CONNECT_MS, signal)
    progress.at('verifying')
    report(`visiting ${lease.publicUrl}`)
    proven = await awaitVisit(context, lease.publicUrl, signal)
    since = now()
    if (proven) await noteSuccess(context)
    audit.write('TunnelAudit.started', { url: lease.publicUrl, proven })
    settled = true
    // What changed meanwhile is looked at once more.
    if (opened.state().kind !== 'serving') context.changed()
    return opened
  }

  async function prepare(signal: AbortSignal, report: Report): Promise<string> {
    const { prepareFrpc } = await import('../../binaries/frpc.ts')
    const { program, warning } = await prepareFrpc({
      state: context.state,
      env: process.env,
      fetch: true,
      signal,
      onProgress(download) {
        progress.downloading(download)
        report(downloadText(download))
      },
    })
    if (warning !== null) context.log.warn(warning.message, { code: warning.code })
    return program
  }

  async function stateOf({ lease, state }: Link, wish: Wish): Promise<AccessState> {
    const standing = state()
    const urls = [lease.publicUrl]
    switch (standing.kind) {
      case 'serving':
        return { phase: 'on', urls, since, verified: null }
      case 'over':
        await close()
        return await giveUp(wish, standing.fault)
      case 'down':
        // It has to show anew that visitors come through.
        proven = false
        progress.at('reconnecting_frpc')
        return { phase: 'degraded', urls, error: standing.fault.info(), next: 'It is connected anew by itself.' }
      default:
        return { phase: 'starting', step: 'connecting anew', since: now() }
    }
  }

  async function giveUp(wish: Wish, error: XopcError): Promise<AccessState> {
    given = { wish, needs: error.info() }
    audit.write('TunnelAudit.givenUp', { code: error.code })
    return await wait(given.needs)
  }

  async function wait(needs: ErrorInfo): Promise<AccessState> {
    await close()
    return { phase: 'blocked', needs }
  }

  async function close(): Promise<void> {
    const ending = link
    link = null
    wished = null
    proven = false
    await Promise.all([ending?.close(), context.closeIngress('tunnel')])
    if (ending !== null) audit.write('TunnelAudit.stopped', { url: ending.lease.publicUrl })
  }

  async function disable(): Promise<AccessState> {
    await close()
    // Of a gateway that was killed.
    await removeFiles(context.state)
    return { phase: 'off' }
  }

  function now(): string {
    return new Date(clock.now()).toISOString()
  }

  function warning(): ErrorInfo | null {
    const at = link?.otherInstanceAt() ?? null
    return at === null ? null : tunnelErrors.TUNNEL_IDENTITY_SHARED({ at: new Date(at).toISOString() }).info()
  }

  function run(): TunnelRun {
    const beat = link?.lastHeartbeatAt() ?? null
    return {
      ...progress.view(),
      proven,
      subdomain: link?.lease.subdomain ?? null,
      frpcPid: link?.frpcPid() ?? null,
      lastHeartbeatAt: beat === null ? null : new Date(beat).toISOString(),
      leaseExpiresAt: link === null ? null : new Date(link.leaseExpiresAt()).toISOString(),
    }
  }

  return {
    id: 'tunnel',
    enableMs: ENABLE_MS,
    intended: plans.intended,
    audience: plans.audience,
    inspect: async () => await lookAtTunnel(context.state),
    plan: plans.plan,
    asked: () => void (given = null),
    unverified: ({ code }) => void (nobodyThere.has(code) && link?.doubt()),
    async lookFromOutside(signal) {
      const { seeFromOutside } = await import('./arrival.ts')
      return link === null ? null : await seeFromOutside(context, link.lease, signal)
    },
    warning,
    tunnel: run,
    enable,
    disable,
    diagnose: async (signal) => await (await import('./checks.ts')).findings(context, link, signal),
  }
}

function isSame(one: Wish, other: Wish): boolean {
  return one.broker === other.broker && one.secret === other.secret && one.subdomain === other.subdomain
}
