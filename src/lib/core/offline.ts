import type { ConfigStore } from '../config/watch.ts'
import type { AccessDefinition } from '../access/access-method.ts'
import type { GatewayEvent } from '../protocol/http-api.ts'
import type { State } from '../state/store.ts'
import { readTunnel } from '../state/tunnel.ts'
import { openDevices } from '../identity/devices.ts'
import { createAudit } from '../system/audit.ts'
import { systemClock } from '../system/clock.ts'
import { silentLog } from '../system/log.ts'
import { thisComputer } from './computer.ts'
import { createDeviceDesk, type DeviceDesk } from './device-desk.ts'
import { coreErrors } from './errors.ts'
import { createGlance } from './glance.ts'
import { accessMethods, definitionOf, editsToEnable, planFor, prefetchOf, refuseBadEdits } from './intents.ts'
import { forgetOpening } from './openings.ts'
import { recordConsent } from './consent.ts'
import { lastLines } from './log-lines.ts'
import { type MethodSight, overview } from './overview.ts'
import { proxyTemplate } from './proxy-template.ts'
import { replaceToken } from './token.ts'
import { tunnelStatus } from './tunnel-status.ts'
import type { Xopc } from './xopc.ts'

/** What the offline implementation works on. */
export interface OfflineParts {
  config: ConfigStore
  state: State
}

const UNDO_MS = 20_000

/** Xopc without a gateway: reads and edits configuration and state, starts nothing. What needs a gateway throws `GATEWAY_NOT_RUNNING`. */
export function createOffline({ config, state }: OfflineParts): Xopc {
  const glance = createGlance(state)

  async function sight(definition: AccessDefinition): Promise<MethodSight> {
    return { definition, facts: await glance(definition), intended: definition.intended(config.current()), state: { phase: 'off' } }
  }

  /** Opened for one call, because nothing else of a command needs it. */
  async function onFile<Result>(work: (desk: DeviceDesk) => Promise<Result>): Promise<Result> {
    const devices = await openDevices({ state, clock: systemClock, log: silentLog })
    const audit = createAudit({ path: state.paths.auditLog, clock: systemClock })
    try {
      return await work(
        createDeviceDesk(devices, { revoked: ({ id, name }) => audit.write('PairAudit.revoked', { id, name, offline: true }) }),
      )
    } finally {
      await devices.close()
      audit.close()
    }
  }

  return {
    health: needsGateway,
    status: needsGateway,
    test: needsGateway,
    testUrl: needsGateway,
    proxyTemplate: async (program, options = {}) => proxyTemplate(config.current(), program, options),
    diagnose: needsGateway,
    stop: needsGateway,
    restart: needsGateway,
    events: noEvents,
    async overview() {
      const methods = await Promise.all(accessMethods.map(sight))
      // Nobody looks at it here, and scripts wait for the rest.
      const sshServer = { port: 22, listens: null }
      return overview({ gatewayId: null, config: config.current(), methods, computer: thisComputer(), sshServer })
    },
    plan: async (id, options = {}) => await planFor(id, { config: config.current(), state }, options),
    async enable(id, options = {}) {
      // Only a gateway that runs can close again, and no start opens what does not start by itself.
      if (options.for !== undefined || definitionOf(id).atStart !== undefined) throw coreErrors.GATEWAY_NOT_RUNNING()
      await config.edit(await editsToEnable(id, { config: config.current(), state }, options))
      // The setting waits for the next start; nothing listens, so nothing else would be true.
      return { phase: 'off' }
    },
    async disable(id, { release = false } = {}) {
      const definition = definitionOf(id)
      await config.edit({ ...definition.settingsOff(), ...(release ? definition.settingsReleased?.() : {}) })
      await forgetOpening(state, id)
      // What a gateway left outside when it ended: off means off.
      await definition.undo?.(state, AbortSignal.timeout(UNDO_MS))
      if (release) await definition.release?.(state, AbortSignal.timeout(UNDO_MS))
      return { phase: 'off' }
    },
    consent: async (id, version) => await recordConsent(config, id, version),
    pair: needsGateway,
    pairing: needsGateway,
    cancelPairing: needsGateway,
    pairContext: needsGateway,
    devices: async () => await onFile((desk) => desk.devices()),
    renameDevice: async (id, name) => await onFile((desk) => desk.renameDevice(id, name)),
    revokeDevice: async (id) => await onFile((desk) => desk.revokeDevice(id)),
    revokeDevices: async () => await onFile((desk) => desk.revokeDevices()),
    async tunnelStatus() {
      const secretOrigin = config.origin('tunnel.registrationSecret')
      const saved = await readTunnel(state)
      return tunnelStatus({ config: config.current(), secretOrigin, saved, state: { phase: 'off' }, run: null, closesAt: null })
    },
    prefetchTunnel: async () => await prefetchOf('tunnel', state),
    config: async () => await config.view(),
    async patchConfig(patch, ifMatch) {
      await refuseBadEdits({ config: config.current(), state }, patch)
      return await config.edit(patch, ifMatch === undefined ? {} : { ifMatch })
    },
    rotateToken: async () => ({ token: await replaceToken(config) }),
    logs: async (lines) => await lastLines(state.paths.gatewayLog, lines),
    audit: async (lines) => await lastLines(state.paths.auditLog, lines),
  }
}

async function needsGateway(): Promise<never> {
  throw coreErrors.GATEWAY_NOT_RUNNING()
}

function noEvents(): AsyncIterable<GatewayEvent> {
  return { [Symbol.asyncIterator]: () => ({ next: needsGateway }) }
}
