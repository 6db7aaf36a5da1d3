import type { AccessContext, AccessDefinition } from '../access/access-method.ts'
import { accessMethods } from '../access/registry.ts'
import type { Config } from '../config/schema.ts'
import type { ConfigEdits } from '../config/watch.ts'
import { XopcError } from '../errors/error.ts'
import type { DeviceRecord, Sighting } from '../identity/device-record.ts'
import { createProbe } from '../probe/probe.ts'
import type { AccessId, AccessState, GatewayEvent, Overview, Verdict } from '../protocol/http-api.ts'
import type { TunnelStatus } from '../protocol/tunnel-api.ts'
import { readTunnel } from '../state/tunnel.ts'
import { backoffMs } from '../supervisor/backoff.ts'
import { networkPrint } from '../system/net.ts'
import type { ActorTimes } from './actor.ts'
import { thisComputer } from './computer.ts'
import { coreErrors } from './errors.ts'
import { createEvents } from './events.ts'
import { createAccessDesk } from './access-desk.ts'
import { createGlance } from './glance.ts'
import { definitionOf, prefetchOf, refuseBadEdits } from './intents.ts'
import { lastLines } from './log-lines.ts'
import { type MethodSight, overview } from './overview.ts'
import { createDeviceDesk } from './device-desk.ts'
import { createPairDesk } from './pair-desk.ts'
import { createReconciler } from './reconcile.ts'
import type { LiveParts } from './live-parts.ts'
import { proxyTemplate } from './proxy-template.ts'
import { lookForSshServer, watchSshServer } from './ssh-server.ts'
import { portOf, statusOf, uptimeOf } from './status.ts'
import { testUrl } from './test-url.ts'
import { replaceToken } from './token.ts'
import { tunnelStatus } from './tunnel-status.ts'
import type { VerifyTimes } from './verify.ts'
import { wantedBy } from './wanted.ts'
import type { TestOptions, Xopc } from './xopc.ts'

export type { LiveParts } from './live-parts.ts'

/** Xopc inside the running gateway. */
export interface Live extends Xopc {
  /** After the gateway serves: brings up what the configuration asks for and follows it; takes at most 2 s, and never throws because of a method. */
  start(): Promise<void>
  /** Takes every method down without changing what is intended, ends events; within 5 s. */
  shutdown(): Promise<void>
  /** Adds an event for every subscriber; the edge tells `auth.blocked` by it. */
  publish(type: GatewayEvent['type'], data: unknown): void
}

/** A start waits this long for what it opens, in milliseconds. */
const SETTLE_MS = 2000
const DIAGNOSE_MS = 15_000
const verifyTimes: VerifyTimes = {
  confirmMs: 20_000,
  fullMs: 3_600_000,
  retryMs: (failures) => backoffMs(failures, Math.random(), { first: 5000, most: 20_000 }),
}
const times: ActorTimes = { enableMs: 60_000, disableMs: 3000, backoffMs: (failures) => backoffMs(failures, Math.random()) }

/** The implementation that acts: one actor per access method under a reconciler. */
export function createLive(parts: LiveParts): Live {
  const { gateway, log, audit, clock, state } = parts
  const events = createEvents(clock)
  const glance = createGlance(state)
  const desk = createAccessDesk({ ...parts, running, reconciler: () => reconciler })
  const probe = createProbe(parts.probes, { ways: (url) => methods.map(({ method }) => method.way?.(url)).find(Boolean) ?? null })
  const methods = accessMethods.map((definition) => ({ definition, method: definition.create(contextFor(definition.id)) }))
  const reconciler = createReconciler({
    methods: methods.map(({ method }) => method),
    clock,
    log,
    audit,
    times,
    verify: { probe, times: verifyTimes, network: networkPrint },
    onState,
  })
  const pairDesk = createPairDesk({ ...parts, probe, overview: seen })
  const deviceDesk = createDeviceDesk(parts.devices, {
    revoked({ id, name }) {
      audit.write('PairAudit.revoked', { id, name })
      events.publish('device.revoked', { id, name })
    },
    renamed: (device) => events.publish('device.renamed', { device }),
    // A code that waits is a device a moment later.
    revokedAll: () => parts.pairing.cancelOf(),
  })
  let unsubscribe: (() => void)[] = []

  function running(config: Config): Config {
    return { ...config, gateway: { ...config.gateway, port: portOf(gateway.url(), config.gateway.port) } }
  }

  function contextFor(id: AccessId): AccessContext {
    return {
      config: desk.effective,
      state,
      openIngress: parts.ingress.open,
      closeIngress: parts.ingress.close,
      sign: parts.signer,
      supervise: parts.supervise,
      probe,
      clock,
      log: log.child({ method: id }),
      audit,
      version: gateway.version,
      changed: () => reconciler.poke(id),
    }
  }

  function onState(id: AccessId, intended: boolean, state: AccessState): void {
    events.publish('access.state', { id, intended, state })
    if (id === 'tunnel') tellTunnel()
  }

  /** A token that somebody took shows by where it is used. */
  function onNetwork({ id, name }: DeviceRecord, { ip, ingress }: Sighting): void {
    audit.write('PairAudit.network', { id, name, ip, ingress })
    events.publish('device.network', { id, name, ip, ingress })
  }

  async function settled(id: AccessId, ms: number): Promise<AccessState> {
    return await reconciler.settled(id, AbortSignal.timeout(ms))
  }

  async function sight({ definition, method }: (typeof methods)[number]): Promise<MethodSight> {
    const { id } = definition
    const facts = await glance(definition)
    return { definition, facts, ...reconciler.view(id), closesAt: desk.closesAt(id), warning: method.warning?.() ?? null }
  }

  async function tunnelNow(): Promise<TunnelStatus> {
    const { method } = methods.find(({ definition }) => definition.id === 'tunnel') ?? {}
    return tunnelStatus({
      config: desk.effective(),
      secretOrigin: parts.config.origin('tunnel.registrationSecret'),
      saved: await readTunnel(state),
      state: reconciler.view('tunnel').state,
      run: method?.tunnel?.() ?? null,
      closesAt: desk.closesAt('tunnel'),
    })
  }

  function tellTunnel(): void {
    tunnelNow().then(
      (status) => events.publish('tunnel.status', status),
      (error: unknown) => log.warn('the status of the tunnel cannot be told', { error: String(error) }),
    )
  }

  /** What cannot be read allows nothing. */
  async function atStart(definition: AccessDefinition): Promise<ConfigEdits> {
    try {
      return (await definition.atStart?.(parts.config.current(), state)) ?? {}
    } catch (error) {
      if (!(error instanceof XopcError)) throw error
      log.warn(`${definition.id} does not start by itself`, { code: error.code, problem: error.message })
      return definition.settingsOff()
    }
  }

  /** What a start must not open, or opens, is saved; where that fails it holds all the same. */
  async function settingsAtStart(): Promise<ConfigEdits> {
    const asked = await Promise.all(accessMethods.map(atStart))
    const edits = asked.reduce<ConfigEdits>((all, each) => ({ ...all, ...each }), {})
    if (Object.keys(edits).length === 0) return edits
    await parts.config.edit(edits).catch((error: unknown) => {
      if (!(error instanceof XopcError)) throw error
      log.warn('what does not start by itself could not be saved as off', { code: error.code, problem: error.message })
    })
    return edits
  }

  /** Through the address by which people come, whatever the method says of itself. */
  async function test(id: AccessId, options: TestOptions = {}): Promise<Verdict> {
    definitionOf(id)
    const { state } = reconciler.view(id)
    const url = 'urls' in state ? state.urls[0] : undefined
    if (url === undefined) throw coreErrors.METHOD_HAS_NO_URL({ id })
    return await testUrl(probe, url, options)
  }

  async function seen(): Promise<Overview> {
    const { ok, problems } = parts.config.lastReload()
    const notTaken = problems.length === 0 ? null : { path: parts.config.path, whole: !ok, problems }
    const [sights, sshServer] = await Promise.all([Promise.all(methods.map(sight)), lookForSshServer()])
    const given = { gatewayId: parts.signer.gatewayId, config: desk.effective(), methods: sights, computer: thisComputer(), sshServer }
    return overview({ ...given, notTaken, refused: gateway.refusedDoors() })
  }

  function noteWanted(before: Config | null, after: Config): void {
    for (const { event, ...fields } of wantedBy(before, after)) audit.write(event, { ...fields })
  }

  async function start(): Promise<void> {
    const atStart = await settingsAtStart()
    const closing = new AbortController()
    watchSshServer(clock, (server) => events.publish('ssh.server', server), closing.signal).catch((error: unknown) =>
      log.error('the server of ssh is not watched any more', { error: String(error) }),
    )
    unsubscribe = [
      () => closing.abort(),
      // Now and not earlier: the gateway follows the configuration first, so that its port is the new one when the methods look.
      parts.config.subscribe(desk.endOutlived),
      parts.config.subscribe(({ before, after }) => reconciler.follow(desk.over(before), desk.over(after))),
      parts.config.subscribe(({ before, after }) => noteWanted(before, after)),
      parts.config.subscribe(({ before, after }) => void (before.tunnel !== after.tunnel && tellTunnel())),
      parts.config.onReload((reload) => events.publish('config.reload', reload)),
      parts.devices.follow({ network: onNetwork, seen: (ids) => events.publish('device.seen', { ids: [...ids] }) }),
    ]
    noteWanted(null, parts.config.current())
    await desk.load()
    await desk.endOutlived()
    reconciler.seed(accessMethods.reduce((config, { proposed }) => proposed(config, atStart), desk.effective()))
    await Promise.all(accessMethods.map(async ({ id }) => await settled(id, SETTLE_MS)))
  }

  async function shutdown(): Promise<void> {
    for (const stop of unsubscribe) stop()
    desk.stop()
    events.publish('gateway.stopping', {})
    await reconciler.stop()
    events.close()
    await parts.supervise.stopAll()
  }

  return {
    start,
    shutdown,
    publish: events.publish,
    async health() {
      return { status: 'ok', version: gateway.version, uptime: uptimeOf(parts) }
    },
    status: async () =>
      statusOf(
        parts,
        methods.map(({ definition: { id } }) => ({ id, ...reconciler.view(id) })),
      ),
    overview: seen,
    plan: desk.plan,
    enable: desk.enable,
    async disable(id, options) {
      const off = await desk.disable(id, options)
      // What was given back shows nowhere else.
      if (id === 'tunnel') tellTunnel()
      return off
    },
    consent: desk.consent,
    test,
    testUrl: async (url, options = {}) => await testUrl(probe, url, options),
    proxyTemplate: async (program, options = {}) => proxyTemplate(desk.effective(), program, options),
    async diagnose(id) {
      const { method } = methods.find(({ definition }) => definition === definitionOf(id)) ?? {}
      return method === undefined ? [] : await method.diagnose(AbortSignal.timeout(DIAGNOSE_MS))
    },
    ...pairDesk,
    ...deviceDesk,
    tunnelStatus: tunnelNow,
    prefetchTunnel: async () => await prefetchOf('tunnel', state),
    config: async () => await parts.config.view(),
    async patchConfig(patch, ifMatch) {
      await refuseBadEdits({ config: desk.effective(), state }, patch)
      return await parts.config.edit(patch, { refuseEnvReferences: true, ...(ifMatch === undefined ? {} : { ifMatch }) })
    },
    stop: async () => parts.lifecycle.stop(),
    async restart() {
      // A start with a broken file fails, and nobody would be left to say why.
      const next = await parts.config.check('cannot be used, so the gateway was not restarted and goes on as it is')
      // `xopc gateway` would not start, either: in remote mode it is no gateway's computer.
      if (next.gateway.mode === 'remote') throw coreErrors.RESTART_IS_REMOTE()
      parts.lifecycle.restart()
    },
    async rotateToken() {
      const token = await replaceToken(parts.config)
      parts.sessions.endOwner()
      return { token }
    },
    logs: async (lines) => await lastLines(state.paths.gatewayLog, lines),
    audit: async (lines) => await lastLines(state.paths.auditLog, lines),
    events: (signal, lastEventId) => events.subscribe(signal, lastEventId),
  }
}
