import { describe, expect, it } from 'vitest'
import { errorJson, renderError } from '../../../src/cli/render/errors.ts'
import { renderLan, renderLanOn } from '../../../src/cli/render/lan.ts'
import { renderLogLine } from '../../../src/cli/render/log-line.ts'
import { isAsIntended, renderOverview } from '../../../src/cli/render/overview.ts'
import { renderPlan } from '../../../src/cli/render/plan.ts'
import { renderStatus } from '../../../src/cli/render/gateway-status.ts'
import { table } from '../../../src/cli/render/table.ts'
import { duration } from '../../../src/cli/render/time.ts'
import type { AccessState, MethodView, Overview, Status } from '../../../src/lib/protocol/http-api.ts'

const on: AccessState = { phase: 'on', urls: ['http://192.168.1.5:18790'], since: '2026-11-24T10:00:00.000Z', verified: null }
const failed: AccessState = {
  phase: 'failed',
  error: { code: 'PORT_IN_USE', message: 'The port is taken.', hint: 'Take another.' },
  retryAt: null,
}

const show = { columns: 100, textColumns: Infinity, now: Date.parse('2026-11-24T10:03:00.000Z') }

function lan(more: Partial<MethodView> = {}): MethodView {
  return { id: 'lan', intended: true, audience: 'lan', audienceText: 'anyone on the same network', state: on, candidates: [], ...more }
}

function overview(more: Partial<Overview> = {}): Overview {
  const ssh = { user: 'me', hosts: ['box'], port: 18790, command: 'ssh', server: { port: 22, listens: true } }
  return { running: true, gatewayId: 'g-1', methods: [lan()], ssh, seenAs: null, conflicts: [], recommended: null, ...more }
}

describe('a table', () => {
  it('aligns columns without lines', () => {
    expect(
      table(
        ['Way in', 'State'],
        [
          ['lan', 'on'],
          ['tailscale', 'off'],
        ],
        80,
      ),
    ).toEqual(['Way in     State', 'lan        on', 'tailscale  off'])
  })

  it('becomes blocks where the terminal is narrow', () => {
    expect(table(['Way in', 'State'], [['lan', 'on']], 10)).toEqual(['Way in: lan', 'State: on', ''])
  })
})

describe('a time', () => {
  it.each([
    [0, 'less than a second'],
    [1, '1 second'],
    [61, '1 minute 1 second'],
    [3600, '1 hour'],
    [93_784, '1 day 2 hours'],
  ])('of %d s is %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words)
  })
})

describe('the overview', () => {
  it('says who can come, where, and what is next', () => {
    expect(renderOverview(overview(), show)).toEqual([
      'The gateway is running.',
      '',
      'Way in  State  Who can come                Address',
      'lan     on     anyone on the same network  http://192.168.1.5:18790',
      '  lan: not verified yet',
      '',
      'Next: xopc pair, to let a device in',
    ])
  })

  it('says the reason of a failure below the table', () => {
    expect(renderOverview(overview({ methods: [lan({ state: failed })] }), show)).toContain('  lan: The port is taken.')
  })

  it('leads to what a way in waits for, before anybody is let in', () => {
    const next = (state: AccessState, more: Partial<MethodView> = {}) =>
      renderOverview(overview({ methods: [lan({ state, ...more })] }), show).at(-1)
    expect(next(failed)).toBe('Next: xopc lan status, to see what it waits for')
    expect(next({ phase: 'blocked', needs: { code: 'X', message: 'x' } }, { id: 'tailscale' })).toBe(
      'Next: xopc tailscale status, to see what it waits for',
    )
    expect(next(failed, { intended: false })).toBe('Next: xopc pair, to let a device in')
  })

  it('puts the way out of a conflict first', () => {
    const conflicts = [{ code: 'X', message: 'Two things.', fix: { title: 'Close one', command: 'xopc lan off' } }]
    expect(renderOverview(overview({ conflicts }), show).at(-1)).toBe('Next: xopc lan off')
  })

  it('takes control characters out of what others wrote', () => {
    const evil: AccessState = { phase: 'failed', error: { code: 'X', message: '\u001b[2Jgone\u202e' }, retryAt: null }
    expect(renderOverview(overview({ methods: [lan({ state: evil })] }), show).join('\n')).not.toMatch(/\p{Cc}(?<!\n)|\p{Cf}/u)
  })

  it.each([
    ['what is intended is on', overview(), true],
    ['nothing is intended', overview({ methods: [lan({ intended: false, state: { phase: 'off' } })] }), true],
    ['what is intended failed', overview({ methods: [lan({ state: failed })] }), false],
    ['two things are in conflict', overview({ conflicts: [{ code: 'X', message: 'x', fix: { title: 'x' } }] }), false],
    ['no gateway runs', overview({ running: false }), false],
  ])('passes --check or not when %s', (_, given, passes) => {
    expect(isAsIntended(given)).toBe(passes)
  })
})

describe('an error', () => {
  const info = { code: 'X_Y', message: 'It broke.', hint: 'Mend it.', docs: 'docs/errors.md#x_y' }

  it('says what happened, what to do, and where it is explained', () => {
    expect(renderError(info)).toBe('Error: It broke.\nMend it.\n(X_Y, explained in docs/errors.md#x_y)\n')
  })

  it('lists the problems of a configuration with their lines', () => {
    const problem = { path: 'a', column: 1, code: 'C', severity: 'error' as const }
    const problems = [
      { ...problem, line: 3, message: 'First.' },
      { ...problem, line: null, message: 'Second.' },
    ]
    expect(renderError({ ...info, problems })).toContain('\n  line 3: First.\n  Second.\n')
  })

  it('is one object with --json', () => {
    expect(JSON.parse(errorJson(info))).toEqual({ error: info })
  })
})

describe('lan', () => {
  it.each([
    ['now open', on, true, 'Devices on the same network can come now:'],
    [
      'to be opened at the next start',
      { phase: 'off' } as const,
      false,
      'Saved: the gateway opens to the network when it starts. It is not running now.',
    ],
    ['open to the internet', { ...on, urls: ['http://203.0.113.5:18790'] }, true, expect.stringContaining('the whole internet')],
    ['not to be opened', failed, true, 'The network is not open: failed.'],
  ])('%s says so first', (_, state, running, first) => {
    expect(renderLanOn(state, running)[0]).toEqual(first)
  })

  it('lists the addresses it has', () => {
    const candidates = [{ url: 'http://10.0.0.2:18790', interface: 'wg0', kind: 'vpn' as const, note: 'a VPN' }]
    expect(renderLan(lan({ candidates }), { ...show, running: true })).toContain('http://10.0.0.2:18790  wg0        vpn   a VPN')
  })
})

describe('the gateway in numbers', () => {
  it('ends with what to type next', () => {
    const counts = { connections: 1, sse: 0, webSockets: 0, sessions: 0 }
    const known = {
      version: '1.0.0',
      apiLevel: 1,
      gatewayId: 'x',
      fingerprint: 'SHA256:x',
      pid: 7,
      uptime: 5,
      startedAt: '',
      authMode: 'token',
    }
    const status: Status = { ...known, url: 'http://127.0.0.1:1', upstream: null, ingress: [], methods: [], counts }
    expect(renderStatus(status, false).at(-1)).toMatch(/^Next: xopc config set gateway.upstream.url=/)
    // What commands edit there is the configuration of this computer.
    expect(renderStatus(status, true).at(-1)).toBe('Next: xopc status')
    expect(renderStatus(status, false)).toContain('Fingerprint    SHA256:x')
    expect(renderStatus(status, false)).toContain('Running for    5 seconds (process 7)')
  })
})

describe('a plan', () => {
  it.each([
    [
      { steps: [{ title: 'listen' }, { title: 'run', argv: ['a', 'b'] }] },
      ['This would be done; nothing was changed:', '  listen', '  run a b'],
    ],
    [{ steps: [], refusal: { code: 'X', message: 'No.' } }, ['This would be refused: No.']],
    [{ steps: [] }, ['There is nothing to do.']],
  ])('%j', (plan, lines) => {
    expect(renderPlan(plan)).toEqual(lines)
  })
})

describe('a log line', () => {
  it('is time, level, message and the other fields, without what a stranger could do to a terminal', () => {
    expect(renderLogLine({ time: 'T', level: 'warn', message: 'no', path: '/\u001b[31mred', count: 2 })).toBe('T warn no path=/red count=2')
  })
})
