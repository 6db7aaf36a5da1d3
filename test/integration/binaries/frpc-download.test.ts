import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { fetchFile } from '../../../src/lib/binaries/frpc-fetch.ts'
import type { FrpcProgress } from '../../../src/lib/binaries/frpc-download.ts'
import { officialFrpc } from '../../../src/lib/binaries/frpc-digests.ts'
import { frpcPlace } from '../../../src/lib/binaries/frpc-place.ts'
import { prepareFrpc, type PrepareFrpc } from '../../../src/lib/binaries/frpc.ts'
import { openPart } from '../../../src/lib/system/part-file.ts'
import { createTestCa } from '../../support/certs.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { hereTarget, memberName, mirrorOf, releaseOf, startMirror } from '../../support/frp-releases.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { start } from '../../support/run.ts'
import { tarGz } from '../../support/tar.ts'
import { root } from '../../support/build.ts'

const fake = '#!/bin/sh\necho 0.71.0\n'
const archive = tarGz([{ name: memberName, content: fake }])
const release = releaseOf(archive.sha256)

async function fetched(wish: Partial<PrepareFrpc> & { env: NodeJS.ProcessEnv }) {
  const dir = wish.state?.paths.dir ?? (await tempFolder())
  const outcome = await prepareFrpc({ state: { paths: { dir } }, fetch: true, release, ...wish }).catch((error: unknown) => error)
  return { dir, outcome, files: await filesIn(dir) }
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).toSorted()
}

needsPeer('frpc-npm', 'the official frpc in an archive of the test', (official) => {
  it('is fetched with progress, put in its place for its owner alone, and found there again', async () => {
    const bytes = await readFile(official)
    const made = tarGz([
      { name: 'frp_0.71.0_linux_amd64/', type: '5' },
      { name: 'frp_0.71.0_linux_amd64/frps', content: 'x'.repeat(100_000) },
      { name: 'frp_0.71.0_linux_amd64/frpc', content: bytes },
      { name: 'frp_0.71.0_linux_amd64/LICENSE', content: 'x' },
    ])
    const mirror = await mirrorOf(made.bytes)
    const told: FrpcProgress[] = []
    const targets = { linux_amd64: { archive: made.sha256, binary: officialFrpc.targets['linux_amd64']?.binary ?? null } }
    const { dir, outcome, files } = await fetched({
      env: mirror.env,
      release: { version: '0.71.0', targets },
      onProgress: (progress) => told.push(progress),
    })
    const program = frpcPlace(dir, '0.71.0', 'linux_amd64')
    expect(outcome).toEqual({ program, version: '0.71.0', warning: null })
    expect(files).toEqual(['frpc', 'frpc.sha256'])
    expect((await readFile(program)).equals(bytes)).toBe(true)
    expect(((await stat(program)).mode & 0o777).toString(8)).toBe('700')
    expect(((await stat(`${program}.sha256`)).mode & 0o777).toString(8)).toBe('600')
    expect(mirror.asked).toEqual(['/v0.71.0/frp_0.71.0_linux_amd64.tar.gz'])
    const whole = { bytesReceived: made.bytes.length, totalBytes: made.bytes.length }
    expect(told.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1])).toEqual([
      'downloading',
      'verifying',
      'extracting',
    ])
    expect(told.slice(-3)).toEqual(['downloading', 'verifying', 'extracting'].map((phase) => ({ phase, ...whole })))
    // By its own digest, not by the one of this test.
    expect(await prepareFrpc({ state: { paths: { dir } }, env: process.env, fetch: false })).toEqual(outcome)
  })
})

describe('what does not come', () => {
  const slow = (response: ServerResponse) => {
    response.setHeader('content-length', archive.bytes.length)
    response.write(archive.bytes.subarray(0, 20))
  }

  it.each([
    ['a 404', (response: ServerResponse) => response.writeHead(404).end('no'), /answered 404/],
    ['a 500', (response: ServerResponse) => response.writeHead(500).end('no'), /answered 500/],
    ['a 206', (response: ServerResponse) => response.writeHead(206).end(archive.bytes), /answered 206/],
    ['a redirect to nowhere', (response: ServerResponse) => response.writeHead(302).end(), /answered 302/],
    ['a redirect to http', (response: ServerResponse) => response.writeHead(302, { location: 'http://127.0.0.1/x' }).end(), /not https/],
    ['a redirect to a file', (response: ServerResponse) => response.writeHead(301, { location: 'file:///etc/passwd' }).end(), /not https/],
    ['too long a length', (response: ServerResponse) => response.writeHead(200, { 'content-length': 70_000_000 }).end(), /70000000 bytes/],
    ['an end in the middle', (response: ServerResponse) => (slow(response), setTimeout(() => response.destroy(), 50)), /\w/],
    ['an end before a word', (response: ServerResponse) => response.destroy(), /\w/],
  ])('%s is said, and leaves nothing', async (_, answer, reason) => {
    const mirror = await startMirror((__, response) => void answer(response))
    const { outcome, files } = await fetched({ env: mirror.env })
    expect(outcome).toMatchObject({ code: 'FRPC_NOT_FETCHED', message: expect.stringMatching(reason) })
    expect(files).toEqual([])
  })

  it('nobody there', async () => {
    const { outcome, files } = await fetched({ env: { ...process.env, XOPC_FRPC_MIRROR: `http://localhost:${await freePort()}/` } })
    expect(outcome).toMatchObject({ code: 'FRPC_NOT_FETCHED', message: expect.stringMatching(/nobody listens there/) })
    expect(files).toEqual([])
  })

  it('given up in the middle, it leaves nothing', async () => {
    const mirror = await startMirror((_, response) => slow(response))
    const stop = new AbortController()
    const reason = new Error('enough')
    const { outcome, files } = await fetched({ env: mirror.env, signal: stop.signal, onProgress: () => stop.abort(reason) })
    expect(outcome).toBe(reason)
    expect(files).toEqual([])
  })

  it('what stands still is ended', async () => {
    const mirror = await startMirror((_, response) => slow(response))
    await using part = await partOf()
    await expect(fetchFile({ url: new URL(mirror.url), into: part.file, stallMs: 200 })).rejects.toThrow('nothing came for 0.2 s')
  })

  it('what comes slowly but comes is not', async () => {
    const mirror = await startMirror((_, response) => {
      let sent = 0
      const timer = setInterval(() => (++sent > 8 ? (clearInterval(timer), response.end()) : response.write('x')), 100)
    })
    await using part = await partOf()
    expect(await fetchFile({ url: new URL(mirror.url), into: part.file, stallMs: 500 })).toMatchObject({ size: 8 })
  })

  it('what never ends is ended at the bound', async () => {
    const mirror = await startMirror((_, response) => {
      const more = () => void (response.write(Buffer.alloc(65_536)) ? setImmediate(more) : response.once('drain', more))
      response.once('error', () => {})
      more()
    })
    await using part = await partOf()
    await expect(fetchFile({ url: new URL(mirror.url), into: part.file, maxBytes: 1_000_000 })).rejects.toThrow(
      'more bytes than can be right',
    )
  })
})

describe('redirects', () => {
  it('are followed to https, five of them and no more', async () => {
    const ca = await createTestCa()
    const { certFile, keyFile } = await ca.leaf(['localhost'])
    const before = getCACertificates('default')
    setDefaultCACertificates([...before, await readFile(ca.caFile, 'utf8')])
    atEnd(async () => setDefaultCACertificates(before))
    const hops = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) }, (request, response) => {
      const left = Number(request.url?.slice(1))
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end()
      else response.end(archive.bytes)
    }).listen(0)
    await once(hops, 'listening')
    atEnd(async () => (hops.close(), hops.closeAllConnections()))
    // `as`: it listens on TCP.
    const at = (left: number) => `https://localhost:${(hops.address() as AddressInfo).port}/${left}`
    const leading = async (left: number) => await startMirror((_, response) => response.writeHead(302, { location: at(left) }).end())
    expect((await fetched({ env: (await leading(4)).env })).outcome).toMatchObject({ version: '0.71.0' })
    expect((await fetched({ env: (await leading(5)).env })).outcome).toMatchObject({ message: expect.stringMatching(/more than 5 times/) })
  })
})

describe('a mirror', () => {
  it.each([
    'http://example.com',
    'ftp://example.com',
    'example.com',
    '/srv/frp',
    'https://u:p@example.com',
    'https://example.com/?a=b',
    'http://127.0.0.1.example.com',
  ])('%s is none', async (mirror) => {
    const { outcome, files } = await fetched({ env: { ...process.env, XOPC_FRPC_MIRROR: mirror } })
    expect(outcome).toMatchObject({ code: 'FRPC_MIRROR_INVALID' })
    expect(files).toEqual([])
  })
})

describe('two at once', () => {
  const script = `
    const { prepareFrpc } = await import(process.argv[1])
    const [dir, release] = [process.argv[2], JSON.parse(process.argv[3])]
    const { version } = await prepareFrpc({ state: { paths: { dir } }, env: process.env, fetch: true, release })
    console.log(version)`

  it('in two programs fetch it once, and both have it', async () => {
    const dir = await tempFolder()
    const mirror = await startMirror((_, response) => void setTimeout(() => response.end(archive.bytes), 500))
    const module = join(root, 'src/lib/binaries/frpc.ts')
    const argv = [process.execPath, '--input-type=module', '-e', script, module, dir, JSON.stringify(release)] as const
    const both = await Promise.all(
      [1, 2].map(async () => {
        const child = start(argv, { env: mirror.env })
        const said: string[] = []
        for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => said.push(text))
        const [code] = await once(child, 'close')
        return { code, said: said.join('') }
      }),
    )
    expect(both).toEqual([1, 2].map(() => ({ code: 0, said: '0.71.0\n' })))
    expect(mirror.asked.length).toBe(1)
    expect(await filesIn(dir)).toEqual(['frpc', 'frpc.sha256'])
  })

  it('takes away what one that was killed left, its lock too', async () => {
    const dir = await tempFolder()
    const asked = Promise.withResolvers<void>()
    const stuck = await startMirror((_, response) => {
      response.write(archive.bytes.subarray(0, 20))
      setTimeout(() => asked.resolve(), 200)
    })
    const argv = [
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      join(root, 'src/lib/binaries/frpc.ts'),
      dir,
      JSON.stringify(release),
    ] as const
    const child = start(argv, { env: stuck.env })
    await asked.promise
    child.kill('SIGKILL')
    await once(child, 'close')
    expect((await filesIn(dir)).filter((name) => /\.(part|lock)$/.test(name)).length).toBe(3)
    const { outcome, files } = await fetched({ state: { paths: { dir } }, env: (await mirrorOf(archive.bytes)).env })
    expect(outcome).toMatchObject({ version: '0.71.0' })
    expect(files).toEqual(['frpc', 'frpc.sha256'])
  })
})

it('what somebody else put at its place is left, and not run', async () => {
  const dir = await tempFolder()
  const mirror = await mirrorOf(archive.bytes)
  await fetched({ state: { paths: { dir } }, env: mirror.env })
  const program = frpcPlace(dir, '0.71.0', hereTarget)
  await writeFile(program, `${fake}# changed\n`)
  expect((await fetched({ state: { paths: { dir } }, env: mirror.env })).outcome).toMatchObject({ code: 'FRPC_CHANGED' })
  expect(await readFile(program, 'utf8')).toContain('# changed')
})

async function partOf() {
  const file = await openPart(join(await tempFolder(), 'part'))
  return { file, [Symbol.asyncDispose]: async () => await file.discard() }
}
