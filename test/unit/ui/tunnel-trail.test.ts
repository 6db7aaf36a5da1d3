import { describe, expect, it } from 'vitest'
import type { TunnelStatus } from '../../../src/lib/protocol/tunnel-api.ts'
import { failedAt, followed, startSteps, type TrailStep } from '../../../src/ui/tunnel-trail.ts'

type Told = Pick<TunnelStatus, 'startProgress' | 'state' | 'frpcPid'>
const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`
const step = (phase: NonNullable<Told['startProgress']>['phase'], second: number): Told => ({
  startProgress: { phase, startedAt: at(second) },
  state: 'connecting',
  frpcPid: null,
})
const idle = (state: Told['state'], frpcPid: number | null = null): Told => ({ startProgress: null, state, frpcPid })
const after = (...told: Told[]) => told.reduce<readonly TrailStep[]>(followed, [])
const phases = (trail: readonly TrailStep[]) => trail.map(({ phase }) => phase)

describe('the steps of a start', () => {
  it('are kept as they come, and each once', () => {
    const trail = after(step('preparing_frpc', 1), step('preparing_frpc', 1), step('registering', 3), step('verifying', 4))
    expect(startSteps(trail, 'verifying', 'running')).toEqual([
      { phase: 'preparing_frpc', status: 'pass', ms: 2000 },
      { phase: 'registering', status: 'pass', ms: 1000 },
      // Nobody told of it, so how long it took is not known.
      { phase: 'starting_frpc', status: 'pass' },
      { phase: 'verifying', status: 'running', since: at(4) },
    ])
  })

  it.each<[what: string, told: Told, kept: boolean]>([
    ['it failed', idle('error'), true],
    ['it is through', idle('connected', 7), true],
    ['it is through, and was not visited yet', idle('connecting', 7), true],
    ['another start looks around first', idle('connecting'), false],
    ['it was stopped', idle('disconnected'), false],
    ['the connection was lost', step('reconnecting_frpc', 5), false],
  ])('where %s', (_what, told, kept) => {
    expect(phases(after(step('preparing_frpc', 1), step('registering', 2), told))).toEqual(kept ? ['preparing_frpc', 'registering'] : [])
  })

  it('begin anew with another start', () => {
    expect(after(step('preparing_frpc', 1), step('registering', 2), idle('error'), step('preparing_frpc', 6))).toEqual([
      { phase: 'preparing_frpc', startedAt: at(6) },
    ])
  })
})

it.each([
  ['TUNNEL_BROKER_UNREACHABLE', ['preparing_frpc'], 'registering'],
  ['TUNNEL_SECRET_REFUSED', [], 'registering'],
  ['TUNNEL_SERVER_UNREACHABLE', [], 'starting_frpc'],
  ['FRPC_CHANGED', [], 'preparing_frpc'],
  ['TUNNEL_AUTH_REVOKED', [], null],
  ['TUNNEL_AUTH_REVOKED', ['preparing_frpc', 'registering'], 'registering'],
  ['TUNNEL_CONSENT_REQUIRED', [], null],
] as const)('%s after %j is told under %s', (code, trail, phase) => {
  expect(
    failedAt(
      code,
      trail.map((each) => ({ phase: each, startedAt: at(1) })),
    ),
  ).toBe(phase)
})
