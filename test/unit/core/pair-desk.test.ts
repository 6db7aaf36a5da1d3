import { describe, expect, it } from 'vitest'
import { createPairDesk } from '../../../src/lib/core/pair-desk.ts'
import type { PairCaller, PairOptions } from '../../../src/lib/core/xopc.ts'
import { createPairing } from '../../../src/lib/identity/pairing.ts'
import type { AccessState, MethodView, Overview, Scope, StageName, Verdict } from '../../../src/lib/protocol/http-api.ts'
import { stageNames } from '../../../src/lib/protocol/http-api.ts'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { handClock } from './hand-clock.ts'

const at = '2026-11-24T12:00:00.000Z'
const front = 'https://gateway.example.com'
const home = 'http://192.168.1.5:18790'

/** A verdict in which one stage failed, or none. */
function verdictWith(url: string, failed: StageName | null): Verdict {
  const stages = stageNames.map((stage) => ({ stage, status: stage === failed ? ('fail' as const) : ('pass' as const), ms: 1, detail: '' }))
  const base = { url, vantage: 'self' as const, at, ms: 9, latencyMs: 1, stages }
  return failed === null
    ? { ...base, ok: true }
    : { ...base, ok: false, code: 'WRONG_GATEWAY', message: 'Another gateway answers.', hint: 'Lead it here.', fix: null }
}

const on = (url: string, looked = true): AccessState => ({
  phase: 'on',
  urls: [url],
  since: at,
  verified: looked ? { at, confirmedAt: at, vantage: 'self', ms: 1, verdict: verdictWith(url, null) } : null,
})

interface Given {
  proxy?: AccessState
  lan?: AccessState
  /** The stage that fails wherever the gateway looks. */
  failed?: StageName
  /** Only there. */
  failedAt?: string
}

function desk({ proxy = { phase: 'off' }, lan = { phase: 'off' }, failed, failedAt }: Given = {}) {
  const clock = handClock()
  const real = createPairing({ clock })
  const minted: unknown[] = []
  const pairing: typeof real = { ...real, mint: (given) => (minted.push(given), real.mint(given)) }
  const looked: string[] = []
  const view = (id: MethodView['id'], state: AccessState): MethodView => ({
    id,
    state,
    intended: state.phase !== 'off',
    audience: 'lan',
    audienceText: '',
    candidates: [],
  })
  const overview: Overview = {
    running: true,
    gatewayId: 'g-1',
    methods: [view('lan', lan), view('proxy', proxy)],
    ssh: { user: 'me', hosts: [], port: 1, command: '', server: { port: 22, listens: null } },
    seenAs: null,
    conflicts: [],
    recommended: null,
  }
  const probe = {
    test: async (url: string) => {
      looked.push(url)
      return verdictWith(url, failedAt === undefined || failedAt === url ? (failed ?? null) : null)
    },
  }
  const parts = { pairing, devices: { list: () => [] }, probe, audit: { write: () => {} }, overview: async () => overview }
  return { ...createPairDesk(parts), store: pairing, clock, minted, looked }
}

const caller = (id: string, scopes: Scope[], seenAs: string | null = null): PairCaller => ({ id, scopes: new Set(scopes), seenAs })
const everybody = caller('device:1', ['read', 'run'])
const pairer = caller('device:2', ['read', 'run', 'pair'])

describe('a code is minted', () => {
  it('for the best address, with the one at home beside it', async () => {
    const { pair, minted } = desk({ proxy: on(front), lan: on(home) })
    const code = await pair()
    expect(code).toMatchObject({ state: 'waiting', scopes: ['read', 'run'], baseUrl: front, lanUrl: home, name: null, device: null })
    const link = readAppLink(code.links?.app ?? '')
    expect(link).toMatchObject({ id: code.id, baseUrl: front, lanUrl: home })
    expect(code.links?.browser).toMatch(/^https:\/\/gateway\.example\.com\/xopc\/pair#ps=[\w-]{43}$/)
    expect(code.links?.browser).not.toContain(link?.secret)
    expect(minted).toHaveLength(1)
  })

  it('for the network alone, without saying its address twice', async () => {
    expect(await desk({ lan: on(home) }).pair()).toMatchObject({ baseUrl: home, lanUrl: null })
  })

  it('for an administrator, who is never a browser', async () => {
    const code = await desk({ lan: on(home) }).pair({ admin: true })
    expect(code).toMatchObject({ scopes: ['read', 'run', 'pair', 'admin'], links: { browser: null }, qr: { browser: null } })
  })

  it('with the name that it was given, without what nobody sees', async () => {
    expect(await desk({ lan: on(home) }).pair({ name: ' Anna\u202e’s\u001b[31m phone ' })).toMatchObject({ name: 'Anna’s phone' })
  })

  it('for another address that leads here', async () => {
    const { pair, looked } = desk({ lan: on(home) })
    expect(await pair({ baseUrl: 'https://OTHER.example.com/' })).toMatchObject({ baseUrl: 'https://other.example.com', lanUrl: home })
    expect(looked).toEqual(['https://other.example.com'])
  })

  it('by who may only pair, for the address that its session proved', async () => {
    const { pair } = desk()
    const session = caller('session:1', ['read', 'run', 'pair'], 'https://seen.example.com')
    expect(await pair({ baseUrl: 'https://seen.example.com' }, session)).toMatchObject({ baseUrl: 'https://seen.example.com' })
  })

  it('for an address that passes its first look', async () => {
    const { pair, looked } = desk({ proxy: on(front, false) })
    expect(await pair()).toMatchObject({ baseUrl: front })
    expect(looked).toEqual([front])
  })

  it('for the next one, where the first fails its first look', async () => {
    const { pair, looked } = desk({ proxy: on(front, false), lan: on(home, false), failed: 'tcp', failedAt: front })
    expect(await pair()).toMatchObject({ baseUrl: home, lanUrl: null })
    expect(looked).toEqual([front, home])
  })

  it('for one whose verdict is old, as soon as it works again', async () => {
    const { pair, pairContext, looked } = desk({ proxy: degraded, lan: on(home) })
    expect(await pair()).toMatchObject({ baseUrl: front, lanUrl: home })
    expect(await pairContext()).toMatchObject({ recommended: front, candidates: [{ url: front, reachable: true }, { url: home }] })
    // What is known to work is not looked at again.
    expect(looked).toEqual([front, front])
  })

  it('without a look, where all is known to work', async () => {
    const { pair, pairContext, looked } = desk({ proxy: on(front), lan: on(home) })
    await pair()
    await pairContext()
    expect(looked).toEqual([])
  })

  it('with one look for all who ask meanwhile', async () => {
    const { pair, pairContext, looked } = desk({ proxy: degraded })
    await Promise.all([pair(), pairContext(), pair(), pairContext()])
    expect(looked).toEqual([front])
  })

  it('for the addresses of the network that are open, where another one is not', async () => {
    const partly: AccessState = { phase: 'degraded', urls: [home], next: '', error: { code: 'ADDRESS_TAKEN', message: 'One is busy.' } }
    expect(await desk({ lan: partly }).pair()).toMatchObject({ baseUrl: home })
  })

  it('where only streams do not arrive at once', async () => {
    expect(await desk({ proxy: on(front, false), failed: 'sse' }).pair()).toMatchObject({ baseUrl: front })
  })
})

const degraded: AccessState = {
  phase: 'degraded',
  urls: [front],
  next: '',
  error: { code: 'TLS_INVALID', message: 'It expired.', hint: 'Renew it.' },
}

const refusals: [what: string, given: Given, options: PairOptions, caller: PairCaller | undefined, code: string, http: number][] = [
  ['with nothing open', {}, {}, undefined, 'GATEWAY_LOOPBACK_ONLY', 409],
  ['while what is open does not work', { proxy: degraded, failed: 'tls' }, {}, undefined, 'NO_REACHABLE_URL', 409],
  ['for an address that fails its first look', { proxy: on(front, false), failed: 'tcp' }, {}, undefined, 'NO_REACHABLE_URL', 409],
  ['by who may not pair (A55)', { lan: on(home) }, {}, everybody, 'SCOPE_MISSING', 403],
  ['for an administrator, by who is none (A55)', { lan: on(home) }, { admin: true }, pairer, 'SCOPE_MISSING', 403],
  [
    'for another address, by who is no administrator',
    { lan: on(home) },
    { baseUrl: 'https://evil.example.com' },
    pairer,
    'SCOPE_MISSING',
    403,
  ],
  ['for a browser that administrates', { lan: on(home) }, { admin: true, browser: true }, undefined, 'ADMIN_IN_XOPC_UI', 403],
  ['for another gateway', { failed: 'identity' }, { baseUrl: front }, undefined, 'WRONG_GATEWAY', 409],
  ['for an address where credentials are lost', { failed: 'auth' }, { baseUrl: front }, undefined, 'WRONG_GATEWAY', 409],
  ['for plain http through the internet (A61)', {}, { baseUrl: 'http://gateway.example.com' }, undefined, 'requires_https', 400],
  ['for the device itself', {}, { baseUrl: 'http://127.0.0.1:18790' }, undefined, 'LOOPBACK_NOT_REACHABLE', 400],
  ['for the device itself by name', {}, { baseUrl: 'https://app.localhost' }, undefined, 'LOOPBACK_NOT_REACHABLE', 400],
  ['for a URL with a path', {}, { baseUrl: `${front}/x` }, undefined, 'has_path', 400],
  ['for a URL with a user', {}, { baseUrl: 'https://me@gateway.example.com' }, undefined, 'has_userinfo', 400],
  ['for a URL with controls', {}, { baseUrl: 'https://gate\u0007way.example.com' }, undefined, 'invalid_url', 400],
  ['for another scheme', {}, { baseUrl: 'wss://gateway.example.com' }, undefined, 'invalid_scheme', 400],
  ['with a name that cannot be seen', { lan: on(home) }, { name: '\u200b\u001b[0m' }, undefined, 'DEVICE_NAME_INVALID', 400],
  ['with a name that is too long', { lan: on(home) }, { name: 'x'.repeat(65) }, undefined, 'DEVICE_NAME_INVALID', 400],
]

describe('no code is minted', () => {
  it.each(refusals)('%s', async (_what, given, options, by, code, http) => {
    const { pair, minted } = desk(given)
    await expect(pair(options, by)).rejects.toMatchObject({ name: 'XopcError', code, http })
    expect(minted).toEqual([])
  })

  it('nor is a foreign address looked at, below an administrator', async () => {
    const { pair, looked } = desk({ lan: on(home) })
    await expect(pair({ baseUrl: 'https://evil.example.com' }, pairer)).rejects.toMatchObject({ code: 'SCOPE_MISSING' })
    expect(looked).toEqual([])
  })

  it('and what is wrong is said with what mends it', async () => {
    const refused = desk({
      proxy: degraded,
      lan: { phase: 'blocked', needs: { code: 'LAN_NO_ADDRESS', message: 'No network.' } },
      failed: 'tls',
    }).pair()
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/proxy, https:\/\/gateway\.example\.com \(WRONG_GATEWAY\): Another gateway answers\./),
      hint: expect.stringMatching(/^Lead it here\. \(more: xopc proxy test https:\/\/gateway\.example\.com\)$/),
    })
    await expect(refused).rejects.toThrow('lan (LAN_NO_ADDRESS): No network.')
    await expect(desk().pair()).rejects.toMatchObject({ hint: expect.stringContaining('xopc lan on') })
  })
})

describe('a code belongs to who minted it', () => {
  const other = caller('session:2', ['read', 'run', 'pair', 'admin'])

  it('who sees it and takes it back', async () => {
    const { pair, pairing, cancelPairing } = desk({ lan: on(home) })
    const { id, links } = await pair()
    expect(await pairing(id)).toMatchObject({ id, state: 'waiting', links })
    await cancelPairing(id)
    expect(await pairing(id)).toMatchObject({ id, state: 'revoked', links: null, qr: null })
  })

  it('and nobody else, whatever they may (A56)', async () => {
    const { pair, pairing, cancelPairing } = desk({ lan: on(home) })
    const { id } = await pair()
    await expect(pairing(id, other)).rejects.toMatchObject({ code: 'PAIRING_NOT_FOUND', http: 404 })
    await expect(cancelPairing(id, other)).rejects.toMatchObject({ code: 'PAIRING_NOT_FOUND', http: 404 })
    expect(await pairing(id)).toMatchObject({ state: 'waiting' })
  })

  it('and shows no secret once it has ended', async () => {
    const { pair, pairing, clock } = desk({ lan: on(home) })
    const { id } = await pair()
    await clock.advance(5 * 60_000)
    expect(await pairing(id)).toMatchObject({ state: 'expired', links: null, qr: null })
  })
})
