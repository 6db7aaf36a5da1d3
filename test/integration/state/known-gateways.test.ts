import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changeKnownGateway, type KnownGateway, knownGateway } from '../../../src/lib/state/known-gateways.ts'
import { openState, type State } from '../../../src/lib/state/store.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { xopc } from '../../support/gateway.ts'
import { onRequests } from '../../support/misbehaving.ts'
import { run } from '../../support/run.ts'

const when = '2026-11-30T12:00:00.000Z'

function entry(origin: string, over: Partial<KnownGateway> = {}): KnownGateway {
  return { origin, gatewayId: 'g', publicKey: 'k'.repeat(43), urls: [], lastGood: null, firstSeen: when, lastSeen: when, ...over }
}

async function newState(): Promise<{ state: State; path: string; dir: string }> {
  const dir = await tempFolder()
  const state = await openState({ HOME: dir, XOPC_STATE_DIR: dir })
  return { state, path: state.paths.knownGateways, dir }
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe('gateways that this computer knows', () => {
  it('are kept by place, for this user alone', async () => {
    const { state, path, dir } = await newState()
    expect(await knownGateway(state, 'https://a.example')).toBeNull()
    const [a, b] = [entry('https://a.example', { urls: ['https://b.example'], lastGood: 'https://b.example' }), entry('ssh:anna@host')]
    await changeKnownGateway(state, a.origin, () => a)
    await changeKnownGateway(state, b.origin, () => b)
    expect([await knownGateway(state, a.origin), await knownGateway(state, b.origin)]).toEqual([a, b])
    expect(path).toBe(join(dir, 'known-gateways.json'))
    expect(await modeOf(path)).toBe(0o600)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ gateways: [a, b] })
  })

  it('stay for this user alone where the file was open to others', async () => {
    const { state, path } = await newState()
    await changeKnownGateway(state, 'https://a.example', () => entry('https://a.example'))
    await chmod(path, 0o644)
    await changeKnownGateway(state, 'https://b.example', () => entry('https://b.example'))
    expect(await modeOf(path)).toBe(0o600)
  })

  it('are changed and forgotten, each alone', async () => {
    const { state } = await newState()
    for (const name of ['a', 'b', 'c']) await changeKnownGateway(state, name, () => entry(name))
    await changeKnownGateway(state, 'b', (before) => (before === null ? null : { ...before, lastGood: 'https://b2.example' }))
    await changeKnownGateway(state, 'a', () => null)
    await changeKnownGateway(state, 'nowhere', () => null)
    const found = await Promise.all(['a', 'b', 'c'].map(async (name) => await knownGateway(state, name)))
    expect(found).toEqual([null, entry('b', { lastGood: 'https://b2.example' }), entry('c')])
  })

  it('are not written where nothing changes', async () => {
    const { state, path } = await newState()
    await changeKnownGateway(state, 'a', () => entry('a'))
    const { ino, mtimeMs } = await stat(path)
    await changeKnownGateway(state, 'a', (before) => before)
    await changeKnownGateway(state, 'b', (before) => before)
    expect(await stat(path)).toMatchObject({ ino, mtimeMs })
  })

  it('of two programs that write at once are all kept, in a file that is whole at every moment', async () => {
    const { state, path, dir } = await newState()
    let writing = true
    const programs = ['one', 'two', 'three'].map(async (name) => {
      const argv = [process.execPath, join(import.meta.dirname, 'known-writer.ts'), name, '15'] as const
      return await run(argv, { env: { ...process.env, XOPC_STATE_DIR: dir, HOME: dir } })
    })
    const ended = Promise.all(programs).finally(() => (writing = false))
    let reads = 0
    while (writing) {
      // Throws where it is half a file.
      await knownGateway(state, 'https://one-0.example')
      reads++
    }
    expect((await ended).map(({ code, stderr }) => [code, stderr])).toEqual([0, 1, 2].map(() => [0, '']))
    expect(reads).toBeGreaterThan(10)
    const { gateways } = JSON.parse(await readFile(path, 'utf8'))
    expect(gateways).toHaveLength(45)
    expect((await readdir(dir)).filter((name) => name.startsWith('known-gateways'))).toEqual(['known-gateways.json'])
  })
})

const good = entry('https://a.example')
const broken: [string, string][] = [
  ['is empty', ''],
  ['is no JSON', '{"gateways": ['],
  ['is null', 'null'],
  ['holds no list', '{"gateways": {}}'],
  ['is the list alone', '[]'],
  ['has an entry that is null', '{"gateways": [null]}'],
  ['has an entry without a key', JSON.stringify({ gateways: [good, { ...good, publicKey: undefined }] })],
  ['has an entry whose addresses are none', JSON.stringify({ gateways: [{ ...good, urls: [1] }] })],
  ['has an entry whose last address is none', JSON.stringify({ gateways: [{ ...good, lastGood: 7 }] })],
]

describe('a broken file of them', () => {
  it.each(broken)('that %s is an error, and stays as it is', async (_what, text) => {
    const { state, path } = await newState()
    await writeFile(path, text, { mode: 0o600 })
    const error = { code: 'KNOWN_GATEWAYS_BROKEN', exit: 3, message: expect.stringContaining(path) }
    await expect(knownGateway(state, 'https://a.example')).rejects.toMatchObject(error)
    await expect(changeKnownGateway(state, 'https://b.example', () => entry('https://b.example'))).rejects.toMatchObject(error)
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('ends every command before anything is sent, with 3', async () => {
    const { path, dir } = await newState()
    const text = '{"gateways": ['
    await writeFile(path, text, { mode: 0o600 })
    const server = await onRequests({}, () => (_req, res) => void res.end('{}'))
    const [stateDir, env] = [dir, { XOPC_GATEWAY_TOKEN: 'a1b2c3d4'.repeat(6) }]
    for (const args of [
      ['status', '--url', server.url, '--json'],
      ['devices', 'list', '--url', server.url, '--pin', '--json'],
      ['remote', 'use', server.url, '--pin', '--json'],
      ['remote', 'status', '--url', server.url, '--json'],
      ['remote', 'forget', server.url, '--json'],
    ]) {
      const { code, stdout } = await xopc(args, { stateDir, env })
      expect([args, code, JSON.parse(stdout).error.code]).toEqual([args, 3, 'KNOWN_GATEWAYS_BROKEN'])
    }
    expect(server.connections()).toBe(0)
    expect(await readFile(path, 'utf8')).toBe(text)
    expect(await readdir(dir)).not.toContain('xopc.json')
  })
})
