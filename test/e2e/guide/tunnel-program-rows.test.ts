import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { frpcPlace } from '../../../src/lib/binaries/frpc-place.ts'
import { frpcTarget, officialFrpc } from '../../../src/lib/binaries/frpc-digests.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startBroker } from '../broker/house.ts'
import { rowOfSight } from './rows.ts'
import { codesIn, commandsOf, wordsOf } from './typed.ts'

// Rows of docs/guide/troubleshooting.md about frpc and frps, the programs of the public tunnel, and about brokers.

const nowhere = async () => `http://127.0.0.1:${await freePort()}`

describe('frpc', () => {
  const prefetch = async (env: NodeJS.ProcessEnv, stateDir?: string) =>
    codesIn(await xopc(['tunnel', 'prefetch', '--json'], { env, ...(stateDir === undefined ? {} : { stateDir }) }))

  it('cannot be fetched', async () => {
    expect(await prefetch({ XOPC_FRPC_MIRROR: await nowhere() })).toEqual([rowOfSight('frpc could not be fetched').code])
  })

  it('is another thing than was asked for', async () => {
    const server = createServer((_, res) => res.end('<h1>Welcome to this hotel</h1>')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    atEnd(async () => void server.close())
    // `as`: it listens on TCP.
    const { port } = server.address() as AddressInfo
    expect(await prefetch({ XOPC_FRPC_MIRROR: `http://127.0.0.1:${port}` })).toEqual([rowOfSight('what was fetched is not frpc').code])
  })

  it('is not where it was said to be', async () => {
    expect(await prefetch({ XOPC_FRPC_PATH: '/nowhere/frpc' })).toEqual([rowOfSight('the frpc that was named is not there').code])
  })

  it('was changed, and is fetched anew once it is removed', async () => {
    const stateDir = await tempFolder()
    const target = frpcTarget({ os: process.platform, arch: process.arch }) ?? ''
    const program = frpcPlace(stateDir, officialFrpc.version, target)
    const size = officialFrpc.targets[target]?.binary?.size ?? 1
    await mkdir(dirname(program), { recursive: true, mode: 0o700 })
    await writeFile(program, Buffer.alloc(size), { mode: 0o700 })
    // Where the program's digest is not in the source, this is where it stands.
    await writeFile(`${program}.sha256`, `${JSON.stringify({ sha256: '0'.repeat(64), size })}\n`)
    const env = { XOPC_FRPC_MIRROR: await nowhere() }
    expect(await prefetch(env, stateDir)).toEqual([rowOfSight('frpc is another file than was put there').code])
    await rm(program)
    expect(await prefetch(env, stateDir)).toEqual(['FRPC_NOT_FETCHED'])
  })
})

describe('a broker', () => {
  it('without frps', async () => {
    const row = rowOfSight('there is no frps on this computer')
    const env = { PATH: await tempFolder() }
    expect(codesIn(await xopc(['broker', 'start', '--dev', '--json'], { env }))).toEqual([row.code])
    expect(row.pieces).toEqual(['XOPC_FRPS_PATH=/usr/local/bin/frps xopc broker start --dev'])
  })

  it('that nobody set up', async () => {
    const row = rowOfSight('there is no broker in this folder')
    const words = await wordsOf(commandsOf(row)[0] ?? '')
    expect(codesIn(await xopc([...words.slice(0, -1), await tempFolder(), '--json']))).toEqual([row.code])
  })
})

needsPeer('frps', 'a broker with frps', (frps) => {
  const env = { XOPC_FRPS_PATH: frps }

  it('whose port is taken, or that runs already', async () => {
    const { url, stateDir } = await startBroker(frps)
    const { port } = new URL(url)
    const taken = rowOfSight('the port of the broker is taken')
    expect(codesIn(await xopc(['broker', 'start', '--dev', '--port', port, '--json'], { env }))).toEqual([taken.code])
    expect(taken.pieces).toEqual(['xopc broker start --dev --port 7200'])
    const again = await xopc(['broker', 'start', '--dev', '--port', '0', '--json'], { env, stateDir })
    expect(codesIn(again)).toEqual([rowOfSight('a broker runs already').code])
  })

  it.each([
    ["the broker's settings cannot be used", 'broker.json', '7100', '"x"', 'api.port'],
    ['frps is not started with its settings', 'frps.toml', 'force = true', 'force = false', 'transport.tls.force'],
  ])('%s', async (sees, file, from, to, named) => {
    const dir = join(await tempFolder(), 'set')
    expect(await xopc(['broker', 'init', '--domain', 'frp.example.com', '--dir', dir])).toMatchObject({ code: 0 })
    const path = join(dir, file)
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to))
    const ran = await xopc(['broker', 'start', '--dir', dir, '--json'], { env })
    expect([codesIn(ran), ran.stdout]).toEqual([[rowOfSight(sees).code], expect.stringContaining(named)])
  })
})
