import { expect, it } from 'vitest'
import { announceMethods } from '../../../src/cli/announce-methods.ts'
import type { AccessState, GatewayEvent, MethodView, Overview } from '../../../src/lib/protocol/http-api.ts'

const needs = { code: 'TAILSCALE_LOGGED_OUT', message: 'Not signed in.' }
const on: AccessState = { phase: 'on', urls: ['https://home.ts.net'], since: '2026-11-30T10:00:00.000Z', verified: null }

function view(state: AccessState, more: Partial<MethodView> = {}): MethodView {
  return {
    id: 'tailscale',
    intended: true,
    audience: 'tailnet',
    audienceText: 'the devices of your tailnet',
    state,
    candidates: [],
    ...more,
  }
}

async function said(states: (MethodView | AccessState)[]): Promise<string[]> {
  const lines: string[] = []
  let at = -1
  const gateway = {
    async *events(): AsyncIterable<GatewayEvent> {
      for (const [index] of states.entries()) {
        at = index
        yield { id: index, type: index === 0 ? 'connected' : 'access.state', at: '', data: {} }
      }
    },
    async overview() {
      const now = states[at]!
      // `as`: only the methods are read.
      return { methods: ['phase' in now ? view(now) : now] } as Overview
    },
  }
  await announceMethods(gateway, (line) => lines.push(line), new AbortController().signal)
  return lines
}

it('says what has to be done, and the address once it is on', async () => {
  const starting: AccessState = { phase: 'starting', step: 'looking', since: '2026-11-30T10:00:00.000Z' }
  const blocked: AccessState = { phase: 'blocked', needs, url: 'https://login.example/a' }
  expect(await said([starting, blocked, blocked, starting, on])).toEqual([
    'tailscale: waits for you; the devices of your tailnet; Not signed in.; https://login.example/a',
    'tailscale: on; the devices of your tailnet; https://home.ts.net; not verified yet',
  ])
})

it('is silent of what is not asked for, and once everything is on', async () => {
  expect(await said([view({ phase: 'off' }, { intended: false })])).toEqual([])
  expect(await said([on, { phase: 'blocked', needs }])).toHaveLength(1)
})
