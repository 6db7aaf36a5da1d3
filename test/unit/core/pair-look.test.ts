import { describe, expect, it } from 'vitest'
import { createLooker } from '../../../src/lib/core/pair-look.ts'
import type { ProbeOptions } from '../../../src/lib/probe/probe.ts'
import type { Stage, StageName, Verdict } from '../../../src/lib/protocol/http-api.ts'
import { stageNames } from '../../../src/lib/protocol/http-api.ts'
import { untilAborted } from './fake-method.ts'

const url = 'https://gateway.example.com'
const other = 'https://other.example.com'

function stage(name: StageName, status: Stage['status'] = 'pass'): Stage {
  return { stage: name, status, ms: 1, detail: '' }
}

function verdict(failed: StageName | null): Verdict {
  const stages = stageNames.map((name) => stage(name, name === failed ? 'fail' : 'pass'))
  const base = { url, vantage: 'self' as const, at: '2026-11-24T12:00:00.000Z', ms: 1, latencyMs: 1, stages }
  return failed === null
    ? { ...base, ok: true }
    : { ...base, ok: false, code: 'TLS_INVALID', message: 'It expired.', hint: 'Renew it.', fix: null }
}

type Test = (url: string, options: ProbeOptions) => Promise<Verdict>

describe('a look', () => {
  it.each<[what: string, failed: StageName | null, fault: boolean]>([
    ['that finds nothing wrong', null, false],
    ['that finds no certificate', 'tls', true],
    ['that finds another gateway', 'identity', true],
    ['that finds credentials lost', 'auth', true],
    ['that finds streams held back', 'sse', false],
    ['that finds no WebSocket', 'websocket', false],
  ])('%s', async (_what, failed, fault) => {
    const looker = createLooker({ test: async () => verdict(failed) })
    const found = fault ? { code: 'TLS_INVALID', message: 'It expired.', hint: 'Renew it.' } : null
    expect((await looker.at([url])).get(url)).toEqual(found)
    expect(await looker.faultAt(url)).toEqual(fault ? verdict(failed) : null)
  })

  it.each(['pass', 'warn'] as const)('ends with the first credential that arrives (%s), without waiting for streams', async (status) => {
    const test: Test = async (_url, { signal, onStage }) => {
      onStage?.(stage('identity'))
      onStage?.(stage('auth', status))
      signal.throwIfAborted()
      return verdict('tls')
    }
    expect((await createLooker({ test }).at([url])).get(url)).toBeNull()
  })

  it('goes on where a credential was not looked at', async () => {
    const test: Test = async (_url, { signal, onStage }) => {
      onStage?.(stage('auth', 'skip'))
      signal.throwIfAborted()
      return verdict('tls')
    }
    expect((await createLooker({ test }).at([url])).get(url)).toMatchObject({ code: 'TLS_INVALID' })
  })

  it('at what never answers is over in time, and says so', async () => {
    const begin = performance.now()
    const found = await createLooker({ test: async (_url, { signal }) => await untilAborted(signal) }).at([url, other])
    expect([...found.values()]).toMatchObject([{ code: 'TIMEOUT' }, { code: 'TIMEOUT' }])
    // Side by side.
    expect(performance.now() - begin).toBeLessThan(4000)
  })

  it('is shared by all who ask meanwhile, and no longer', async () => {
    const looks: string[] = []
    const looker = createLooker({ test: async (at) => (looks.push(at), verdict(null)) })
    await Promise.all([looker.at([url]), looker.at([url, other]), looker.at([other])])
    expect(looks).toEqual([url, other])
    await looker.at([url])
    expect(looks).toEqual([url, other, url])
  })

  it('hides no mistake of ours', async () => {
    const test: Test = async () => await Promise.reject(new TypeError('a bug'))
    await expect(createLooker({ test }).at([url])).rejects.toThrow('a bug')
  })
})
