import { describe, expect, it } from 'vitest'
import { findings } from '../../../src/lib/access/tailscale/checks.ts'
import type { TailscaleFacts } from '../../../src/lib/access/tailscale/facts.ts'
import { identityFinding, identityObstacle } from '../../../src/lib/access/tailscale/identity.ts'
import * as plans from '../../../src/lib/access/tailscale/plan.ts'
import { type Config, configSchema } from '../../../src/lib/config/schema.ts'

const running: NonNullable<TailscaleFacts['status']> = {
  version: '1.102.5',
  state: 'Running',
  authUrl: null,
  name: 'home.ts.net',
  addresses: ['100.64.0.1'],
  certDomains: ['home.ts.net'],
  https: true,
  funnel: true,
  funnelPorts: [443, 8443, 10_000],
  tun: true,
}
const seen = (status: Partial<typeof running> | null = {}, more: Partial<TailscaleFacts> = {}): TailscaleFacts => ({
  problem: null,
  status: status === null ? null : { ...running, ...status },
  serving: { entries: [] },
  own: [],
  operator: null,
  ...more,
})
const config = (tailscale: Record<string, unknown> = { mode: 'serve' }, auth: Record<string, unknown> = {}): Config =>
  configSchema.parse({ gateway: { tailscale, auth } })
const funnel = { mode: 'funnel', consent: { version: '2026-11-funnel', acceptedAt: '2026-11-30T10:00:00Z' } }
const theirs = { port: 443, host: 'home.ts.net', mount: '/', target: 'http://127.0.0.1:3000', funnel: false, foreground: false }

describe('the plan', () => {
  it('is one door and one command', () => {
    expect(plans.plan(config(), seen())).toEqual({
      steps: [
        { title: 'listen on a loopback port of its own for Tailscale' },
        {
          title: 'serve it at https://home.ts.net for the devices of your tailnet',
          argv: ['tailscale', 'serve', '--bg', '--yes', '--https=443', '--set-path=/', 'http://127.0.0.1:<port>'],
        },
      ],
    })
  })

  it.each<[string, Config, TailscaleFacts, string]>([
    ['without authentication', config(undefined, { mode: 'none' }), seen(), 'EXPOSURE_NEEDS_AUTH'],
    ['beside an entry of somebody else', config(), seen({}, { serving: { entries: [theirs] } }), 'TAILSCALE_PORT_TAKEN'],
    ['for the internet without an agreement', config({ mode: 'funnel' }), seen(), 'CONSENT_REQUIRED'],
    [
      'for the internet with an old agreement',
      config({ ...funnel, consent: { ...funnel.consent, version: '2025-01' } }),
      seen(),
      'CONSENT_REQUIRED',
    ],
    ['for the internet at another port', config({ ...funnel, httpsPort: 9443 }), seen(), 'FUNNEL_PORT'],
    ['signed out', config(), seen({ state: 'NeedsLogin', authUrl: 'https://login.example/a' }), 'TAILSCALE_LOGGED_OUT'],
    ['stopped', config(), seen({ state: 'Stopped' }), 'TAILSCALE_STOPPED'],
    ['not approved', config(), seen({ state: 'NeedsMachineAuth' }), 'TAILSCALE_NEEDS_APPROVAL'],
    ['used by another user', config(), seen({ state: 'InUseOtherUser' }), 'TAILSCALE_OTHER_USER'],
    ['just connecting', config(), seen({ state: 'Starting' }), 'TAILSCALE_STARTING'],
    ['not there', config(), seen(null, { problem: { code: 'TAILSCALE_MISSING', message: 'not found' } }), 'TAILSCALE_MISSING'],
  ])('is refused %s', (_how, wanted, facts, code) => {
    expect(plans.plan(wanted, facts)).toMatchObject({ steps: [], refusal: { code } })
  })

  it('is not refused by an entry of our own', () => {
    expect(plans.plan(config(), seen({}, { serving: { entries: [theirs] }, own: [theirs.target] })).refusal).toBeUndefined()
  })
})

it.each([
  [{}, { 'gateway.tailscale.mode': 'serve' }],
  [{ mode: 'funnel', port: 8443 } as const, { 'gateway.tailscale.mode': 'funnel', 'gateway.tailscale.httpsPort': 8443 }],
])('switching on with %j writes %j', (options, edits) => {
  expect(plans.settingsOn(options)).toEqual(edits)
})

it('edits that are not about it leave the configuration as it is', () => {
  const now = config()
  expect(plans.proposed(now, { 'gateway.port': 1 })).toBe(now)
  expect(plans.proposed(now, { 'gateway.tailscale.mode': 'serve' })).toBe(now)
  expect(plans.proposed(now, { 'gateway.tailscale.mode': 'wide' })).toBe(now)
  expect(plans.proposed(now, plans.settingsOff()).gateway.tailscale.mode).toBe('off')
})

it.each([
  ['home.ts.net', 443, 'https://home.ts.net'],
  ['home.ts.net', 8443, 'https://home.ts.net:8443'],
])('%s at %i is %s', (name, port, url) => {
  expect(plans.urlOf(name, port)).toBe(url)
})

describe('who visitors are', () => {
  it.each<[string, Partial<typeof running>, NodeJS.Platform, string | null, RegExp | null]>([
    ['as it should be', {}, 'linux', '/usr/bin/tailscale', null],
    ['at the first version', { version: '1.94.0' }, 'linux', '/usr/bin/tailscale', null],
    ['before it', { version: '1.92.5' }, 'linux', '/usr/bin/tailscale', /1\.92\.5, and 1\.94/],
    ['on Windows', {}, 'win32', 'C:\\tailscale.exe', /Windows/],
    ['with the app of macOS', {}, 'darwin', '/Applications/Tailscale.app/Contents/MacOS/Tailscale', /app of macOS/],
    ['with the program of macOS', {}, 'darwin', '/usr/local/bin/tailscale', null],
  ])('can be told %s', (_how, status, platform, program, reason) => {
    const found = identityObstacle(seen(status), { platform, program })
    if (reason === null) expect(found).toBeNull()
    else expect(found).toMatch(reason)
  })

  it('is a finding only where it is asked for', () => {
    expect(identityFinding(config(), 'a reason')).toEqual([])
    expect(identityFinding(config(undefined, { allowTailscale: true }), null)).toMatchObject([{ status: 'pass' }])
    expect(identityFinding(config(undefined, { allowTailscale: true }), 'a reason')).toMatchObject([
      { code: 'TAILSCALE_IDENTITY_UNAVAILABLE', status: 'warn' },
    ])
  })
})

it('what this computer serves is said with whose it is', () => {
  const entries = [
    theirs,
    { ...theirs, mount: '/app', target: '/srv/app', funnel: true },
    { ...theirs, port: 8443, target: 'http://127.0.0.1:9' },
  ]
  const found = findings(config(), seen({}, { serving: { entries }, own: ['http://127.0.0.1:9'] })).filter(
    ({ code }) => code === 'TAILSCALE_ENTRY',
  )
  expect(found.map(({ detail }) => detail)).toEqual([
    'port 443, path /, leads to http://127.0.0.1:3000 (not ours, left alone)',
    'port 443, path /app, leads to /srv/app, open to the internet (not ours, left alone)',
    'port 8443, path /, leads to http://127.0.0.1:9 (ours)',
  ])
})

it('where nobody is asked, a Tailscale without a device of its own is warned of', () => {
  const open = config({ mode: 'off' }, { mode: 'none' })
  const warned = (facts: TailscaleFacts, now = open): boolean =>
    findings(now, facts).some(({ code, status }) => code === 'TAILSCALE_USERSPACE' && status === 'warn')
  expect([warned(seen({ tun: false })), warned(seen()), warned(seen({ tun: false }), config()), warned(seen(null))]).toEqual([
    true,
    false,
    false,
    false,
  ])
})
