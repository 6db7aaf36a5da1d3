import { expect, it } from 'vitest'
import { enabledBefore } from '../../../src/lib/mcp/enabled-before.ts'

const wanted = (method: string, settings: unknown): Record<string, unknown> => ({ event: 'AccessAudit.wanted', method, settings })
const lan = (bind: unknown): Record<string, unknown> => wanted('lan', { 'gateway.bind': bind })
const proxy = (url: unknown): Record<string, unknown> => wanted('proxy', { 'gateway.publicUrl': url })

it.each([
  ['nothing', 'lan', [], null],
  ['lan', 'lan', [lan('lan')], {}],
  ['lan at one address', 'lan', [lan('192.168.1.20')], { address: '192.168.1.20' }],
  ['the newest', 'lan', [lan('lan'), lan('192.168.1.20'), proxy('https://a.example.com')], { address: '192.168.1.20' }],
  ['as it was when it ended', 'lan', [{ ...lan('lan'), event: 'AccessAudit.unwanted' }], {}],
  ['Serve', 'tailscale', [wanted('tailscale', { 'gateway.tailscale.mode': 'serve' })], { mode: 'serve' }],
  [
    'Funnel, which needs the agreement as always',
    'tailscale',
    [wanted('tailscale', { 'gateway.tailscale.mode': 'funnel' })],
    { mode: 'funnel' },
  ],
  ['a mode that is none', 'tailscale', [wanted('tailscale', { 'gateway.tailscale.mode': 'wide' })], null],
  ['proxy', 'proxy', [lan('lan'), proxy('https://a.example.com')], { url: 'https://a.example.com' }],
  ['the other method', 'proxy', [lan('lan')], null],
  ['an address that is no text', 'proxy', [proxy(null)], null],
  ['settings that are none', 'lan', [wanted('lan', 'lan'), wanted('lan', null), wanted('lan', ['lan'])], null],
  ['other settings', 'lan', [wanted('lan', { 'gateway.port': 1 })], null],
  // What was asked for and refused, and what a person typed in words of their own, is no proof that it was on.
  ['other events', 'lan', [{ ...lan('lan'), event: 'AccessAudit.enableAsked' }, { raw: 'AccessAudit.wanted lan' }], null],
] as const)('%s: %s', (_, method, lines, options) => {
  expect(enabledBefore(lines, method)).toEqual(options)
})
