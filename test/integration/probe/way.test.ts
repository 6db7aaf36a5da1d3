import { readdirSync } from 'node:fs'
import { Duplex, PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { binaryErrors } from '../../../src/lib/binaries/errors.ts'
import type { Way } from '../../../src/lib/probe/way.ts'
import { stageNames } from '../../../src/lib/protocol/http-api.ts'
import { startPiped } from '../../../src/lib/system/piped-program.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { selfSigned } from '../../support/certs.ts'
import { caOnce, type Home, look, startHome, stageOf, statuses, type World } from './house.ts'
import { startBytes, startProxy } from './proxy.ts'

// Addresses that lead nowhere on this computer, and a program that makes the connection to them.

const ca = caOnce()
const HOST = 'home.tail1234.ts.net'
const url = `https://${HOST}`
const fix = { title: 'See what Tailscale says', command: 'tailscale status' }
const allPass = Object.fromEntries(stageNames.map((name) => [name, 'pass']))
const LONGEST_MS = 15_000

/** A program that carries its stdin and stdout to a port of this computer, as `tailscale nc` does; its process id goes to a folder. */
const carrier = `
  const [port, folder] = process.argv.slice(1)
  require('node:fs').writeFileSync(folder + '/' + process.pid, '')
  const socket = require('node:net').connect(Number(port), '127.0.0.1')
  socket.pipe(process.stdout)
  process.stdin.pipe(socket)
  for (const end of [socket, process.stdin]) end.on('error', () => {}).on('close', () => process.exit())
`

/** A way through that program; `running` are those of its processes that are still there. */
async function byProgram(port: () => number): Promise<{ open: Way['open']; started(): number; running(): string[] }> {
  const folder = await tempFolder()
  const started = (): string[] => readdirSync(folder)
  return {
    open: async () => startPiped(process.execPath, ['-e', carrier, String(port()), folder], process.env),
    started: () => started().length,
    running: () => started().filter(isRunning),
  }
}

function isRunning(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0)
  } catch {
    return false
  }
}

/** A gateway whose name nobody can look up; this is the only way to it. */
async function homeBy(open: Way['open'], { addresses = ['100.64.0.1'], ...world }: World & { addresses?: string[] } = {}): Promise<Home> {
  const way = { program: 'Tailscale', addresses, open, fix }
  return await startHome({}, { ca: await ca(), ways: (asked) => (asked === url ? way : null), ...world })
}

describe('an address that a program reaches', () => {
  it('passes every stage by that program, and leaves none of its processes', async () => {
    let port = 0
    const program = await byProgram(() => port)
    const home = await homeBy(program.open)
    ;({ port } = await startProxy(home.port, { certificate: await (await ca()).leaf([HOST]) }))
    const verdict = await look(home, url)
    expect(verdict.ok, JSON.stringify(verdict.stages)).toBe(true)
    expect(statuses(verdict)).toEqual({ ...allPass, tcp: 'skip' })
    expect(stageOf(verdict, 'dns')).toMatchObject({
      detail: `Tailscale gives ${HOST} the address 100.64.0.1.`,
      facts: { addresses: ['100.64.0.1'] },
    })
    expect(stageOf(verdict, 'tcp')).toMatchObject({ ms: 0, detail: 'Not looked at: Tailscale makes the connection itself.' })
    // One for what comes in turn, and those of the four stages side by side.
    expect(program.started()).toBeGreaterThanOrEqual(5)
    expect(await home.probe.confirm(url, AbortSignal.timeout(10_000))).toBe(null)
    await expect.poll(program.running).toEqual([])
  })

  it.each([
    [[], `Tailscale serves ${HOST}.`],
    [['100.64.0.1', 'fd7a::1'], `Tailscale gives ${HOST} the addresses 100.64.0.1, fd7a::1.`],
  ])('with the addresses %j', async (addresses, detail) => {
    const home = await homeBy(() => Promise.reject(new Error('no')), { addresses })
    expect(stageOf(await look(home, url), 'dns')).toMatchObject({ status: 'pass', detail })
  })

  it('goes on with no other certificate than the one that was judged', async () => {
    const ports: number[] = []
    let opened = 0
    const program = await byProgram(() => ports[Math.min(opened++, 1)] ?? 0)
    const home = await homeBy(program.open)
    const good = await startProxy(home.port, { certificate: await (await ca()).leaf([HOST]) })
    const other = await startProxy(home.port, { certificate: await selfSigned([HOST]) })
    ports.push(good.port, other.port)
    const verdict = await look(home, url)
    expect(verdict).toMatchObject({ ok: false, code: 'TLS_INVALID', message: expect.stringContaining('showed another certificate') })
    expect(other.requests).toEqual([])
    await expect.poll(program.running).toEqual([])
  })

  it('is told what to do about its certificate by whoever knows the program', async () => {
    let port = 0
    const program = await byProgram(() => port)
    const home = await homeBy(program.open)
    ;({ port } = await startProxy(home.port, { certificate: await (await ca()).leaf(['other.ts.net']) }))
    expect(stageOf(await look(home, url), 'tls')).toMatchObject({ code: 'TLS_INVALID', facts: { faults: ['wrongName'] }, fix })
    await expect.poll(program.running).toEqual([])
  })

  it('other addresses are looked up as ever', async () => {
    const home = await homeBy(() => Promise.reject(new Error('not this way')))
    const { port } = await startProxy(home.port)
    expect((await look(home, `http://gateway.test:${port}`)).ok).toBe(true)
  })
})

describe('a connection that does not come about', () => {
  const stopped = binaryErrors.TAILSCALE_STOPPED()

  it.each<[what: string, open: Way['open'], code: string, says: string]>([
    ['refused by the program', () => Promise.reject(stopped), 'NETWORK_ERROR', stopped.message],
    ['taken away with a reason', () => Promise.resolve(after(20, stopped)), 'NETWORK_ERROR', stopped.message],
    [
      'taken away before it is used',
      () => Promise.resolve(new PassThrough().destroy()),
      'NETWORK_ERROR',
      `Tailscale closed the connection to ${HOST} in the middle of the TLS handshake.`,
    ],
    [
      'taken away without a reason',
      () => Promise.resolve(after(20)),
      'NETWORK_ERROR',
      `Tailscale closed the connection to ${HOST} in the middle of the TLS handshake.`,
    ],
    [
      'not made for a reason of the system',
      () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
      'NETWORK_ERROR',
      `Tailscale makes no connection to ${HOST} (ECONNREFUSED).`,
    ],
  ])('%s', async (_, open, code, says) => {
    const home = await homeBy(open)
    const verdict = await look(home, url)
    expect(verdict).toMatchObject({ ok: false, code, message: says, fix })
    expect(statuses(verdict)).toMatchObject({ dns: 'pass', tcp: 'skip', tls: 'fail', http: 'skip', headers: 'skip' })
    expect(await home.probe.confirm(url, AbortSignal.timeout(10_000))).toMatchObject({ code })
  })

  it.each<[what: string, talk: Parameters<typeof startBytes>[0], code: string, says: RegExp]>([
    [
      'cut in the handshake',
      (socket) => void socket.once('data', () => socket.destroy()),
      'NETWORK_ERROR',
      /^Tailscale closed the connection/,
    ],
    [
      'answered by an alert',
      (socket) => void socket.once('data', () => socket.end(internalError)),
      'TLS_INVALID',
      /has no certificate for home\.tail1234\.ts\.net yet/,
    ],
    [
      'answered in plain text',
      (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 No\r\n\r\n')),
      'TLS_INVALID',
      /speaks no TLS/,
    ],
    ['never answered', () => {}, 'TIMEOUT', /^Tailscale was asked for a connection to .*, and nothing came of it in time\.$/],
  ])('%s', async (_, talk, code, says) => {
    const port = await startBytes(talk)
    const program = await byProgram(() => port)
    const home = await homeBy(program.open)
    const started = performance.now()
    expect(await look(home, url)).toMatchObject({ ok: false, code, message: expect.stringMatching(says), fix })
    expect(performance.now() - started).toBeLessThan(LONGEST_MS)
    await expect.poll(program.running).toEqual([])
  })

  it('that a program never gives an answer to is over in time, and what comes late is thrown away', async () => {
    const asked = Promise.withResolvers<Duplex>()
    const home = await homeBy(() => asked.promise)
    expect(await look(home, url)).toMatchObject({ ok: false, code: 'TIMEOUT', fix })
    const late = new PassThrough()
    asked.resolve(late)
    await expect.poll(() => late.destroyed).toBe(true)
  })

  it('ends where it is called off', async () => {
    const heard = Promise.withResolvers<void>()
    const port = await startBytes((socket) => void socket.once('data', () => heard.resolve()))
    const program = await byProgram(() => port)
    const home = await homeBy(program.open)
    const off = new AbortController()
    const test = home.probe.test(url, { signal: off.signal })
    await heard.promise
    expect(program.running()).toHaveLength(1)
    off.abort(new Error('called off'))
    await expect(test).rejects.toThrow('called off')
    await expect.poll(program.running).toEqual([])
  })
})

/** A TLS alert: fatal, internal_error (RFC 8446, 6). Tailscale has no certificate yet. */
const internalError = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50])

/** A connection that takes everything, says nothing, and is destroyed after a while. */
function after(ms: number, error?: Error): Duplex {
  const silent = new Duplex({ read() {}, write: (_piece, _encoding, done) => done() })
  setTimeout(() => silent.destroy(error), ms)
  return silent
}
