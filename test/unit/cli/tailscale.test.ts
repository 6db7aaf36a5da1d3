import { describe, expect, it } from 'vitest'
import { renderTailscale, renderTailscaleOff, renderTailscaleOn } from '../../../src/cli/render/tailscale.ts'
import { waitingText } from '../../../src/cli/render/state.ts'
import type { AccessState, Finding, MethodView } from '../../../src/lib/protocol/http-api.ts'

const since = '2026-11-30T10:00:00.000Z'
const now = Date.parse('2026-11-30T10:00:12.000Z')
const on: AccessState = { phase: 'on', urls: ['https://home.ts.net'], since, verified: null }
const starting: AccessState = { phase: 'starting', step: 'waiting for the certificate of home.ts.net', since }
const blocked: AccessState = {
  phase: 'blocked',
  needs: { code: 'TAILSCALE_LOGGED_OUT', message: 'Not signed in.', hint: 'Sign in: tailscale up' },
  url: 'https://login.example/a',
  command: 'tailscale up',
}
const opened = { mode: 'serve', running: true, time: null, textColumns: Infinity, now } as const

function view(state: AccessState, more: Partial<MethodView> = {}): MethodView & { findings: Finding[] } {
  const audience = { audience: 'tailnet', audienceText: 'the devices of your tailnet' } as const
  return { id: 'tailscale', intended: true, ...audience, state, candidates: [], findings: [], ...more }
}

describe('switching on', () => {
  it('says where it is, and what the proof does not show', () => {
    expect(renderTailscaleOn(on, { ...opened, time: '2h' })).toEqual([
      'The devices of your tailnet can come now:',
      '  https://home.ts.net',
      '  not verified yet',
      '  It was tried from this computer; the rules of your tailnet decide which other devices may come.',
      '  It closes by itself after 2h.',
      '',
      'Next: xopc pair, to let a phone or another computer in',
    ])
    expect(renderTailscaleOn(on, { ...opened, mode: 'funnel' })[0]).toBe('The whole internet can reach the gateway now:')
  })

  it('says what has to be done first', () => {
    expect(renderTailscaleOn(blocked, opened)).toEqual([
      'The gateway is not on Tailscale yet: waits for you.',
      '  Not signed in.',
      '  Sign in: tailscale up',
      '  https://login.example/a',
      '',
      'Next: xopc tailscale status',
    ])
  })

  it('says that it is saved where no gateway runs', () => {
    expect(renderTailscaleOn({ phase: 'off' }, { ...opened, running: false })[0]).toMatch(/^Saved/)
  })
})

it.each<[AccessState, string]>([
  [starting, 'waiting for the certificate of home.ts.net (3 s)'],
  [blocked, 'waits for you: https://login.example/a (3 s)'],
  [on, 'verifying (3 s)'],
])('while it is waited for, %j is %j', (state, line) => {
  expect(waitingText(state, 3000)).toBe(line)
})

it.each<[AccessState, boolean, string]>([
  [{ phase: 'off' }, true, 'The gateway is off your tailnet.'],
  [{ phase: 'off' }, false, 'The gateway stays off your tailnet when it starts.'],
  [starting, true, 'The gateway is not off your tailnet yet.'],
  [
    { phase: 'failed', error: { code: 'TAILSCALE_ENTRY_LEFT', message: 'It is still there.' }, retryAt: null },
    true,
    'Nobody comes in any more, but one thing is left:',
  ],
])('switching off to %j (running: %s) says %j', (state, running, line) => {
  expect(renderTailscaleOff(state, running)[0]).toBe(line)
})

describe('the status', () => {
  it('has a step with its time, the end of an opening, and what was looked at', () => {
    const findings: Finding[] = [
      { code: 'TAILSCALE_STATE', title: 'Connection', status: 'pass', detail: 'Connected.' },
      {
        code: 'TAILSCALE_HTTPS',
        title: 'Certificates',
        status: 'fail',
        detail: 'None.',
        fix: { title: 'Switch them on', command: 'a command' },
      },
    ]
    expect(renderTailscale(view(starting, { closesAt: since }), { running: true, textColumns: Infinity, now }).slice(0, 3)).toEqual([
      'The way in by Tailscale: starting, for the devices of your tailnet.',
      '  step: waiting for the certificate of home.ts.net (for 12 s)',
      `  It closes by itself at ${since}.`,
    ])
    expect(renderTailscale({ ...view(on), findings }, { running: true, textColumns: Infinity, now }).slice(3)).toEqual([
      '',
      'What was looked at:',
      '  ok    Connection: Connected.',
      '  wrong Certificates: None.',
      '          Switch them on: a command',
      '',
      'Next: xopc pair, to let a phone or another computer in',
    ])
  })

  it('says what is next', () => {
    const next = (state: AccessState, intended: boolean, running: boolean) =>
      renderTailscale(view(state, { intended }), { running, textColumns: Infinity, now }).at(-1)
    expect(next({ phase: 'off' }, false, true)).toBe('Next: xopc tailscale serve, to put the gateway on your tailnet')
    expect(next(blocked, true, true)).toBe('Next: xopc tailscale off, to give it up')
    expect(next({ phase: 'off' }, true, false)).toBe('Next: xopc gateway')
  })
})
