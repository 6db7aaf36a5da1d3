import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeEntry, otherPort, standingOf } from '../../../src/lib/access/tailscale/entry.ts'
import { type ServeConfig, type ServeEntry, serveConfigIn } from '../../../src/lib/binaries/tailscale-serve.ts'
import { root } from '../../support/build.ts'

const wish = { mode: 'serve', port: 443, target: 'http://127.0.0.1:18791' } as const
const ours: ServeEntry = { port: 443, host: 'a.ts.net', mount: '/', target: wish.target, funnel: false, foreground: false }
const theirs: ServeEntry = { ...ours, target: 'http://127.0.0.1:3000' }

const serving = (...entries: ServeEntry[]): ServeConfig => ({ entries })
const recorded = (name: string): ServeConfig => {
  const config = serveConfigIn(readFileSync(join(root, 'test/fixtures/tailscale', name), 'utf8'))
  if (config === null) throw new Error(name)
  return config
}

describe('our path of a port', () => {
  it.each<[what: string, config: ServeConfig, kind: string]>([
    ['nothing is served', serving(), 'free'],
    ['it leads to us', serving(ours), 'ours'],
    ['it led to us before', serving({ ...ours, target: 'http://127.0.0.1:18700' }), 'stale'],
    ['it leads to us and is open to the internet', serving({ ...ours, funnel: true }), 'stale'],
    ['somebody else has it', serving(theirs), 'foreign'],
    ['somebody else has another path of the port', serving({ ...theirs, mount: '/app' }), 'free'],
    ['somebody else has another path beside ours', serving(ours, { ...theirs, mount: '/app' }), 'ours'],
    ['somebody else has another port', serving({ ...theirs, port: 8443 }), 'free'],
    ['somebody else’s path of the port is open to the internet', serving({ ...theirs, mount: '/app', funnel: true }), 'foreign'],
    ['the port carries something else than web pages', serving({ ...theirs, host: null, mount: null }), 'foreign'],
    ['a terminal holds the port', serving({ ...theirs, foreground: true, mount: '/app' }), 'foreign'],
    ['a terminal leads it to our door', serving({ ...ours, foreground: true }), 'foreign'],
  ])('where %s', (_what, config, kind) => {
    expect(standingOf(config, wish, ['http://127.0.0.1:18700']).kind).toBe(kind)
  })

  it('is not opened to the internet beside somebody else’s path, which would be open with it', () => {
    const beside = serving({ ...theirs, mount: '/app' })
    expect(standingOf(beside, { ...wish, mode: 'funnel' }, []).kind).toBe('foreign')
  })

  it.each([
    ['serve-status-empty.json', 'free'],
    ['serve-status-ours.json', 'ours'],
    ['serve-status-foreign.json', 'foreign'],
    ['serve-status-foreign-mount.json', 'ours'],
  ])('as it was recorded: %s', (name, kind) => expect(standingOf(recorded(name), wish, []).kind).toBe(kind))
})

it('another port is offered, as long as there is one', () => {
  expect(otherPort(serving())).toBe(443)
  expect(otherPort(serving(theirs))).toBe(8443)
  expect(otherPort(serving(theirs, { ...theirs, port: 8443 }))).toBe(10_000)
  expect(otherPort(serving(theirs, { ...theirs, port: 8443 }, { ...theirs, port: 10_000 }))).toBe(null)
})

it('whose it is is said', () => {
  expect(describeEntry(theirs)).toBe('port 443, path /, leads to http://127.0.0.1:3000')
  expect(describeEntry({ ...theirs, mount: null, foreground: true })).toBe(
    'port 443, leads to http://127.0.0.1:3000 (a tailscale serve in a terminal)',
  )
})
