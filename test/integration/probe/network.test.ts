import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { StageName } from '../../../src/lib/protocol/http-api.ts'
import { caOnce, look, NAME, startHome, stageOf, statuses } from './house.ts'
import { closedPort, listen, startBytes, startProxy } from './proxy.ts'

// What lies below HTTP: names, addresses, and peers that take their time. Nothing may take longer than the 15 s of the contract.

const ca = caOnce()
const LONGEST_MS = 15_000
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))

describe('a name that', () => {
  it.each<[what: string, lookup: (name: string) => Promise<readonly string[]>, code: string, says: RegExp]>([
    ['nobody knows', failing('ENOTFOUND'), 'DNS_OR_CONN_REFUSED', /^gateway\.test has no address in the DNS\.$/],
    ['has no address', () => Promise.resolve([]), 'DNS_OR_CONN_REFUSED', /^gateway\.test has no address in the DNS\.$/],
    ['cannot be looked up', failing('EAI_AGAIN'), 'DNS_OR_CONN_REFUSED', /the name server does not answer or fails/],
    ['is looked up for ever', () => new Promise(() => {}), 'TIMEOUT', /^Looking up gateway\.test took too long/],
    [
      'points to link-local',
      () => Promise.resolve(['169.254.7.7']),
      'DNS_OR_CONN_REFUSED',
      /^gateway\.test points to 169\.254\.7\.7: a link-local address, where xopc never connects\.$/,
    ],
    [
      'points to nothing',
      () => Promise.resolve(['0.0.0.0', '::']),
      'DNS_OR_CONN_REFUSED',
      /points to 0\.0\.0\.0: no address of one computer/,
    ],
  ])('%s fails at dns', async (_, lookup, code, says) => {
    const home = await startHome({}, { lookup })
    const started = performance.now()
    const verdict = await look(home, `http://${NAME}:80`)
    expect(verdict).toMatchObject({ ok: false, code, message: expect.stringMatching(says) })
    expect(statuses(verdict)).toMatchObject({ dns: 'fail', tcp: 'skip', headers: 'skip' })
    expect(stageOf(verdict, 'dns').fix?.title ?? '').not.toBe('')
    expect(performance.now() - started).toBeLessThan(LONGEST_MS)
  })

  it('is looked up once, whatever it says the second time', async () => {
    let asked = 0
    const lookup = () => Promise.resolve(asked++ === 0 ? ['127.0.0.1'] : ['169.254.169.254'])
    const home = await startHome({}, { lookup, ca: await ca() })
    const { port } = await startProxy(home.port, { certificate: await (await ca()).leaf([NAME]) })
    const verdict = await look(home, `https://${NAME}:${port}`)
    expect(verdict.ok, JSON.stringify(verdict.stages)).toBe(true)
    expect(asked).toBe(1)
  })

  it('has a forbidden address beside a good one is used by the good one, with a warning', async () => {
    const home = await startHome({}, { lookup: () => Promise.resolve(['fe80::1', '127.0.0.1']) })
    const { port } = await startProxy(home.port)
    const verdict = await look(home, `http://${NAME}:${port}`)
    expect(verdict.ok).toBe(true)
    expect(stageOf(verdict, 'dns')).toMatchObject({ status: 'warn', detail: expect.stringContaining('fe80::1 is a link-local address') })
    expect(stageOf(verdict, 'tcp').facts).toMatchObject({ attempts: [{ address: '127.0.0.1' }] })
  })

  it('has only an IPv6 address is reached by it', async () => {
    const home = await startHome({}, { names: { [NAME]: ['::1'] }, ca: await ca() })
    const { port } = await startProxy(home.port, { certificate: await (await ca()).leaf([NAME]), host: '::1' })
    const verdict = await look(home, `https://${NAME}:${port}`)
    expect(verdict.ok, JSON.stringify(verdict.stages)).toBe(true)
  })
})

describe('addresses', () => {
  it('that refuse are told, with the line that shows who listens', async () => {
    const home = await startHome()
    const port = await closedPort()
    const verdict = await look(home, `http://${NAME}:${port}`)
    expect(verdict).toMatchObject({
      ok: false,
      code: 'DNS_OR_CONN_REFUSED',
      message: `Nothing listens at 127.0.0.1 on port ${port}.`,
      fix: { command: `sudo ss -ltnp 'sport = :${port}'` },
    })
    expect(await home.probe.confirm(`http://${NAME}:${port}`, AbortSignal.timeout(10_000))).toMatchObject({ code: 'DNS_OR_CONN_REFUSED' })
  })

  it('are tried in turn: one that refuses is a warning where another answers', async () => {
    const home = await startHome({}, { names: { [NAME]: ['127.0.0.9', '127.0.0.1', '127.0.0.8'] } })
    const { port } = await startProxy(home.port)
    const verdict = await look(home, `http://${NAME}:${port}`)
    expect(verdict.ok).toBe(true)
    const tcp = stageOf(verdict, 'tcp')
    expect(tcp).toMatchObject({ status: 'warn', code: 'DNS_OR_CONN_REFUSED' })
    expect(tcp.detail).toBe(`127.0.0.1 accepts connections on port ${port}, but nothing listens at 127.0.0.9 on port ${port}.`)
    expect(tcp.facts).toMatchObject({ attempts: [{ error: 'ECONNREFUSED' }, { address: '127.0.0.1' }, { error: 'ECONNREFUSED' }] })
    expect(await home.probe.confirm(`http://${NAME}:${port}`, AbortSignal.timeout(10_000))).toBeNull()
  })

  it('that have answered once are kept for every further connection', async () => {
    const home = await startHome({}, { names: { [NAME]: ['127.0.0.1', '127.0.0.2'] } })
    const first = await startProxy(home.port)
    let others = 0
    const { createServer } = await import('node:net')
    await listen(
      createServer((socket) => (others++, socket.destroy())),
      '127.0.0.2',
      first.port,
    )
    expect((await look(home, `http://${NAME}:${first.port}`)).ok).toBe(true)
    expect(others).toBe(1)
  })
})

const silent = (socket: Socket) => void socket.resume()
const body = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n'
/** One byte a second, after what comes at once. */
const trickles =
  (text: string, first = '') =>
  (socket: Socket): void => {
    let at = 0
    const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ' '), 1000)
    socket.on('close', () => clearInterval(timer))
    socket.resume()
    if (first !== '') socket.write(first)
  }

describe('a peer that takes its time', () => {
  const peers: { does: string; talk: (socket: Socket) => void; scheme: 'http' | 'https'; stage: StageName }[] = [
    { does: 'accepts and says nothing', talk: silent, scheme: 'https', stage: 'tls' },
    { does: 'accepts and says nothing', talk: silent, scheme: 'http', stage: 'http' },
    {
      does: 'trickles into a handshake',
      talk: trickles('\u0016\u0003\u0003\u0000\u007a\u0002\u0000\u0000\u0076'),
      scheme: 'https',
      stage: 'tls',
    },
    { does: 'trickles into its headers', talk: trickles('HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyy'), scheme: 'http', stage: 'http' },
    { does: 'trickles into its body', talk: trickles('{"status":"ok"', body), scheme: 'http', stage: 'http' },
  ]

  it('is told by TIMEOUT at the stage where it stops, byte by byte or not at all', async () => {
    const home = await startHome()
    // All at once, because each takes seconds by design.
    await Promise.all(
      peers.map(async ({ does, talk, scheme, stage }) => {
        const port = await startBytes(talk)
        const started = performance.now()
        const verdict = await look(home, `${scheme}://${NAME}:${port}`)
        expect(verdict, `${does}, ${scheme}`).toMatchObject({ ok: false, code: 'TIMEOUT' })
        expect(statuses(verdict), `${does}, ${scheme}`).toMatchObject({ tcp: 'pass', [stage]: 'fail', identity: 'skip' })
        expect(stageOf(verdict, stage).fix?.title ?? '').not.toBe('')
        expect(performance.now() - started).toBeLessThan(LONGEST_MS)
      }),
    )
  })

  it('says nothing once the gateway has proved itself: four stages side by side, within the same time', async () => {
    const home = await startHome()
    const { port } = await startProxy(home.port, {
      answer: (req) => req.url?.startsWith('/xopc/') === true,
      upgrade: () => {},
    })
    const started = performance.now()
    const verdict = await look(home, `http://${NAME}:${port}`)
    expect(statuses(verdict)).toMatchObject({ identity: 'pass', auth: 'fail', sse: 'fail', websocket: 'fail', headers: 'skip' })
    expect(['auth', 'sse', 'websocket'].map((name) => stageOf(verdict, name as StageName).code)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT'])
    expect(performance.now() - started).toBeLessThan(LONGEST_MS)
  })

  it('slow at every stage, is over within the time of the whole', async () => {
    const slow = async (name: string) => {
      await new Promise((resolve) => setTimeout(resolve, 3500))
      return name === NAME ? ['127.0.0.1'] : []
    }
    const home = await startHome({}, { lookup: slow })
    const { port } = await startProxy(home.port, {
      reply: (from, res) => void setTimeout(() => (res.writeHead(from.statusCode ?? 502, from.headers), from.pipe(res)), 1400),
    })
    const started = performance.now()
    const verdict = await look(home, `http://${NAME}:${port}`)
    expect(statuses(verdict)).toMatchObject({ dns: 'pass', http: 'pass', identity: 'pass' })
    expect(performance.now() - started).toBeLessThan(LONGEST_MS)
  })
})
