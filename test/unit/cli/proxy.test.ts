import { describe, expect, it } from 'vitest'
import { methodLine, renderOverview } from '../../../src/cli/render/overview.ts'
import { renderProxyClear, renderProxySet } from '../../../src/cli/render/proxy.ts'
import { renderSteps } from '../../../src/cli/render/template.ts'
import { verifiedText } from '../../../src/cli/render/verified.ts'
import { wrap } from '../../../src/cli/render/wrap.ts'
import { blockLines } from '../../../src/cli/render/block.ts'
import { templateFor } from '../../../src/lib/access/proxy/templates/template.ts'
import type { AccessState, MethodView, Overview, Verification } from '../../../src/lib/protocol/http-api.ts'
import { passing } from './verdicts.ts'

const at = '2026-11-24T10:00:00.000Z'
const now = Date.parse(at) + 3 * 60_000
const url = 'https://gateway.example.com'
const verified: Verification = { at, confirmedAt: at, vantage: 'self', ms: 640, verdict: passing() }
const on: AccessState = { phase: 'on', urls: [url], since: at, verified }
const unverified: AccessState = { phase: 'on', urls: [url], since: at, verified: null }
const degraded: AccessState = {
  phase: 'degraded',
  urls: [url],
  error: { code: 'SSE_BUFFERED', message: 'nginx holds streams back.', hint: 'Write proxy_buffering off;' },
  next: 'It is looked at again.',
}
const failed: AccessState = {
  phase: 'failed',
  error: { code: 'EXPOSURE_NEEDS_AUTH', message: 'Nobody is asked.', hint: 'Ask.' },
  retryAt: null,
}

function proxy(state: AccessState, intended = true): MethodView {
  return { id: 'proxy', intended, audience: 'internet', audienceText: 'everybody', state, candidates: [] }
}

function overview(more: Partial<Overview>): Overview {
  const ssh = { user: 'me', hosts: ['box'], port: 18790, command: 'ssh', server: { port: 22, listens: true } }
  return { running: true, gatewayId: 'g-1', methods: [], ssh, seenAs: null, conflicts: [], recommended: null, ...more }
}

describe('a verification', () => {
  const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString()

  it.each<[string, Partial<Verification> | null, number | null, string]>([
    ['none', null, now, 'not verified yet'],
    ['of a moment ago', { at: ago(2) }, now, 'verified just now from this computer in 640 ms'],
    ['of seconds ago', { at: ago(59) }, now, 'verified 59 s ago from this computer in 640 ms'],
    ['of minutes ago', { at: ago(200) }, now, 'verified 3 min ago from this computer in 640 ms'],
    ['of hours ago', { at: ago(7200) }, now, 'verified 2 h ago from this computer in 640 ms'],
    ['of a day ago', { at: ago(90_000) }, now, 'verified 1 day ago from this computer in 640 ms'],
    ['of days ago', { at: ago(200_000) }, now, 'verified 2 days ago from this computer in 640 ms'],
    ['by a clock that runs ahead', { at: ago(-60) }, now, 'verified just now from this computer in 640 ms'],
    ['without the time', {}, null, 'verified from this computer in 640 ms'],
    ['from elsewhere', { vantage: 'outside' }, null, 'verified from outside in 640 ms'],
    ['by a device', { vantage: 'device' }, null, 'verified from a paired device in 640 ms'],
  ])('%s', (_, more, when, text) => {
    expect(verifiedText(more === null ? null : { ...verified, confirmedAt: more.at ?? at, ...more }, when)).toBe(text)
  })

  it('tells a later proof by the challenge alone', () => {
    const text = verifiedText({ ...verified, confirmedAt: ago(12) }, now)
    expect(text).toBe('verified 3 min ago from this computer in 640 ms, confirmed 12 s ago')
  })
})

describe('the overview', () => {
  const show = { columns: 100, textColumns: Infinity, now }

  it.each<[string, Partial<Overview>, string[]]>([
    ['on and verified', { methods: [proxy(on)] }, ['  proxy: verified 3 min ago from this computer in 640 ms']],
    ['on and not verified', { methods: [proxy(unverified)] }, ['  proxy: not verified yet']],
    [
      'degraded',
      { methods: [proxy(degraded)] },
      [
        '  proxy: nginx holds streams back.',
        '  proxy: Write proxy_buffering off;',
        '  proxy: It is looked at again.',
        'Next: xopc proxy test, to see which hop fails',
      ],
    ],
    ['off', { methods: [proxy({ phase: 'off' }, false)] }, ['proxy   off    nobody        -']],
    [
      'to be looked at when the gateway starts',
      { running: false, methods: [proxy({ phase: 'off' })] },
      ['proxy   off, verified when the gateway starts  everybody     -'],
    ],
    [
      'recommended',
      { methods: [proxy({ phase: 'off' }, false)], recommended: 'proxy' },
      ['Next: xopc proxy set https://gateway.example.com'],
    ],
  ])('tells of a proxy that is %s', (_, given, lines) => {
    expect(renderOverview(overview(given), show)).toEqual(expect.arrayContaining(lines))
  })

  it('breaks sentences at the edge of a terminal', () => {
    const lines = renderOverview(overview({ methods: [proxy(degraded)] }), { ...show, textColumns: 30 })
    expect(lines).toEqual(expect.arrayContaining(['  proxy: nginx holds streams', '    back.']))
  })

  it('names no time in a line that is printed when something changes', () => {
    expect(methodLine(proxy(on))).toBe(`proxy: on; everybody; ${url}; verified from this computer in 640 ms`)
  })
})

describe('xopc proxy set', () => {
  const show = { given: url, running: true, textColumns: Infinity, now }

  it.each<[string, AccessState, Partial<typeof show>, string]>([
    [
      'verified',
      on,
      {},
      `${url} leads to this gateway: verified 3 min ago from this computer in 640 ms. It does not show whether it works over cellular.`,
    ],
    ['not verified yet', unverified, {}, `Saved: ${url}, not verified yet.`],
    [
      'without a gateway',
      { phase: 'off' },
      { running: false },
      `Saved: ${url} will be verified when the gateway starts. It is not running now.`,
    ],
    ['with a problem', degraded, {}, `${url} was saved all the same, but it does not work.`],
    [
      'failed, typed in another way',
      failed,
      { given: 'HTTPS://Gateway.Example.com:443/' },
      `${url} was saved all the same, but it does not work: failed.`,
    ],
    [
      'still starting',
      { phase: 'starting', step: 'test', since: at },
      {},
      `${url} was saved all the same, but it does not work: starting.`,
    ],
  ])('says first what it came to: %s', (_, state, more, line) => {
    expect(renderProxySet(state, { ...show, ...more })[0]).toBe(line)
  })

  it('says the cause and the fix', () => {
    expect(renderProxySet(degraded, show)).toEqual(
      expect.arrayContaining(['  nginx holds streams back.', '  Write proxy_buffering off;', 'Next: xopc proxy test, to see every hop']),
    )
  })

  it('is no wider than the terminal', () => {
    for (const state of [on, unverified, degraded, failed])
      for (const line of renderProxySet(state, { ...show, textColumns: 60 })) expect(line.length).toBeLessThanOrEqual(60)
  })

  it('is without what a terminal obeys', () => {
    const given = '\u001b[2Jhttps://x\u202e'
    for (const running of [true, false])
      expect(renderProxySet(failed, { given, running, textColumns: 60, now }).join('')).not.toMatch(/\p{Cc}|\p{Cf}/u)
  })
})

describe('xopc proxy clear', () => {
  it.each([true, false])('says that the proxy was not touched', (running) => {
    expect(renderProxyClear(running)[0]).toContain('Your proxy itself was not touched.')
  })
})

describe('the steps of a template', () => {
  const lines = renderSteps(templateFor('caddy', { port: 18790 }), 60)

  it('are numbered, with each command on a line of its own', () => {
    expect(lines.filter((line) => /^\d/.test(line)).map((line) => line.slice(0, 4))).toEqual(['1.  ', '2.  ', '3.  ', '4.  ', '5.  '])
    expect(lines).toContain('        xopc proxy test https://gateway.example.com')
  })

  it('are no wider than the terminal, but for commands', () => {
    for (const line of lines.filter((each) => !each.startsWith('        '))) expect(line.length).toBeLessThanOrEqual(60)
  })
})

describe('wrapping', () => {
  it.each<[string, [string, string, number, number?], string[]]>([
    ['fits', ['- ', 'one two', 10], ['- one two']],
    ['breaks between words', ['- ', 'one two three', 9], ['- one two', '  three']],
    ['never breaks a word', ['- ', 'https://gateway.example.com yes', 10], ['- https://gateway.example.com', '  yes']],
    ['takes the indent it is given', ['Fix: ', 'one two', 9, 2], ['Fix: one', '  two']],
    ['has an empty text', ['Fix: ', '', 9], ['Fix:']],
    ['has no edge', ['', 'one two three', Infinity], ['one two three']],
    ['has no room at all', ['    ', 'one two', 2], ['    one', '    two']],
  ])('%s', (_, args, lines) => {
    expect(wrap(...args)).toEqual(lines)
  })
})

describe('a block from outside', () => {
  it('keeps lines and indentation, and nothing that a terminal obeys', () => {
    expect(blockLines('a {\n\t\u001b[31mb\u202e;\n}\n\n')).toEqual(['a {', '\tb;', '}'])
  })
})
