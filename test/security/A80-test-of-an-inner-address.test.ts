import { connect, createServer, type Socket } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { atEnd } from '../support/cleanup.ts'
import { type DnsServer, startDns } from '../support/dns.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { verdictOf } from '../support/verdict.ts'
import { type Instead, startRelay, testedPaths } from './relays.ts'

// Whoever can have an address tested, or owns the name or the server behind it, would like to use the gateway as a key to what only it can
// reach: the metadata service of its cloud, and what listens on its loopback.

const MARK = 'f00d-for-the-curious'

/** Addresses that nothing is ever asked at, however they are written. */
const forbidden = [
  '169.254.169.254',
  '169.254.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:169.254.169.254',
  '::ffff:0.0.0.0',
  '::ffff:100.100.100.200',
  '64:ff9b::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::',
  '64:ff9b:1::169.254.169.254',
  '2002:a9fe:a9fe::',
  '::169.254.169.254',
]
/** The same in a URL, in the spellings that parsers take. */
const spelled = [
  '0',
  '0x0',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '169.16689662',
  '169.254.169.254.',
  'metadata.google.internal',
]

const nameOf = (address: string) => `a${address.replaceAll(/[^0-9a-f]/g, '-')}z.names.local`

interface Listening {
  port: number
  connections(): number
}

async function listenAt(host: string, port: number, each: (socket: Socket) => void): Promise<Listening> {
  const open = new Set<Socket>()
  let count = 0
  const server = createServer((socket) => {
    count++
    // A client that goes away is expected here.
    open.add(socket.on('error', () => {}))
    each(socket)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  atEnd(async () => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const at = server.address()
  return { port: typeof at === 'object' && at ? at.port : 0, connections: () => count }
}

/** What only this computer reaches, on every address of it; its answers are worth having. */
function startInner(): Promise<Listening> {
  return listenAt('::', 0, (socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<h1>${MARK}</h1>`))
}

needsPeer('own-hosts', 'the test of an address', () => {
  let dns: DnsServer
  let gateway: RunningGateway
  let inner: Listening
  beforeAll(async () => {
    dns = await startDns({
      ...Object.fromEntries(forbidden.map((address) => [nameOf(address), [address]])),
      'mixed.local': ['169.254.169.254', '127.0.0.2', '0.0.0.0'],
      'turning.local': (before) => [before === 0 ? '127.0.0.2' : '127.0.0.3'],
      'relay.local': ['127.0.0.1'],
      'metadata.google.internal': ['127.0.0.1'],
    })
    gateway = await startGateway({ dns: dns.address })
    inner = await startInner()
  })

  async function expectUntouched(url: string): Promise<void> {
    const before = inner.connections()
    const verdict = await verdictOf(gateway, url)
    const told = JSON.stringify(verdict)
    expect(verdict, told).toMatchObject({ ok: false, code: 'DNS_OR_CONN_REFUSED' })
    expect(verdict.stages.map(({ status }) => status)).toEqual(['fail', ...Array<string>(8).fill('skip')])
    expect(inner.connections()).toBe(before)
  }

  it.each(forbidden)('does not go to %s', async (address) => {
    const host = address.includes(':') ? `[${address}]` : address
    await expectUntouched(`https://${host}:${inner.port}`)
  })

  it.each(forbidden)('does not go to a name that points to %s', async (address) => {
    await expectUntouched(`https://${nameOf(address)}:${inner.port}`)
    await expectUntouched(`http://${nameOf(address)}:${inner.port}`)
  })

  it.each(spelled)('does not go to %s', async (host) => {
    await expectUntouched(`https://${host}:${inner.port}`)
  })

  it('goes to the other addresses of a name that also points to such a one', async () => {
    const honest = await listenAt('127.0.0.2', 0, (socket) => pipe(socket, gateway.port))
    const verdict = await verdictOf(gateway, `http://mixed.local:${honest.port}`)
    expect(verdict.ok, JSON.stringify(verdict)).toBe(true)
    const facts = verdict.stages.find(({ stage }) => stage === 'tcp')?.facts as { attempts: { address: string }[] }
    expect(facts.attempts.map(({ address }) => address)).toEqual(['127.0.0.2'])
  })

  it('goes to what it looked up first, however the name turns meanwhile', async () => {
    const honest = await listenAt('127.0.0.2', 0, (socket) => pipe(socket, gateway.port))
    const turned = await listenAt('127.0.0.3', honest.port, (socket) => void socket.end())
    const verdict = await verdictOf(gateway, `http://turning.local:${honest.port}`)
    expect(verdict.ok, JSON.stringify(verdict)).toBe(true)
    expect(honest.connections()).toBeGreaterThan(2)
    expect(turned.connections()).toBe(0)
    expect(dns.questions.filter((question) => question === 'A turning.local')).toHaveLength(1)
    // The name has turned: the next test would go there.
    await verdictOf(gateway, `http://turning.local:${honest.port}`)
    expect(turned.connections()).toBe(1)
  })

  describe('led on by who answers', () => {
    const targets: Record<string, (port: number) => string> = {
      'to 127.0.0.1': (port) => `http://127.0.0.1:${port}/`,
      'to 127.1': (port) => `http://127.1:${port}/`,
      'to ::1': (port) => `http://[::1]:${port}/`,
      'to localhost': (port) => `http://localhost:${port}/`,
      'to 0.0.0.0': (port) => `http://0.0.0.0:${port}/`,
      'to ::': (port) => `http://[::]:${port}/`,
      'to the metadata of a cloud': () => 'http://169.254.169.254/latest/meta-data/',
      'to another port of itself': (port) => `http://relay.local:${port}/`,
      'without a scheme': (port) => `//127.0.0.1:${port}/`,
      'with its own name before an @': (port) => `http://relay.local@127.0.0.1:${port}/`,
      'with backslashes': (port) => `http:\\\\127.0.0.1:${port}\\`,
      'by another protocol': (port) => `gopher://127.0.0.1:${port}/_`,
      'to a file': () => 'file:///etc/hostname',
    }

    it.concurrent.each(Object.entries(targets))('%s, does not follow', async (_, targetOf) => {
      const own = await startInner()
      const location = `${targetOf(own.port)}?key=${MARK}`
      const statuses = [301, 302, 303, 307, 308]
      const verdicts = Object.values(testedPaths).map(async (path, index) => {
        const redirect = { status: statuses[index % statuses.length] ?? 302, headers: { location } }
        const relay = await startRelay(gateway.url, { name: 'relay.local' }, (passing) => (passing.path === path ? redirect : null))
        return verdictOf(gateway, relay.url)
      })
      for (const verdict of await Promise.all(verdicts)) {
        const told = JSON.stringify(verdict)
        expect(verdict.ok, told).toBe(false)
        expect(told).not.toContain(MARK)
        expect(told).not.toContain('meta-data')
      }
      expect(own.connections()).toBe(0)
    })
  })

  describe('tells nothing of what it was answered', () => {
    const page = `<title>${MARK}</title><h1>${MARK}</h1><input type="password" value="${MARK}">`
    const json = (value: unknown) => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) })
    const html = { headers: { 'content-type': 'text/html' }, body: page }
    const answers: Record<string, Instead> = {
      'a page': { status: 200, ...html },
      'a page that looks like an error': { status: 500, ...html },
      'a page that is not there': { status: 404, ...html },
      'a refusal': { status: 403, headers: { ...html.headers, 'www-authenticate': 'Basic realm="x"' }, body: `<p>${MARK}` },
      'a question for a password': { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: MARK },
      'JSON of another kind': { status: 200, ...json({ [MARK]: MARK, secret: [MARK] }) },
      'JSON that looks like ours': { status: 200, ...json({ status: 'ok', version: MARK, ok: true, service: MARK, apiBase: MARK }) },
      'an error that looks like ours': { status: 401, ...json({ error: MARK, code: 'invalid_token', hint: MARK, docs: MARK }) },
      'an error with a code of its own': { status: 400, ...json({ error: MARK, code: MARK }) },
      'what is no text': { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: `\0\x1b[31m${MARK}` },
    }

    it.concurrent.each(Object.entries(answers))('%s', async (_, answer) => {
      const verdicts = Object.values(testedPaths).map(async (path) => {
        const relay = await startRelay(gateway.url, { name: 'relay.local' }, (passing) => (passing.path === path ? answer : null))
        return verdictOf(gateway, relay.url)
      })
      for (const verdict of await Promise.all(verdicts)) expect(JSON.stringify(verdict)).not.toContain(MARK)
    })

    it('nor does its log', async () => {
      expect(await gateway.log()).not.toContain(MARK)
    })
  })
})

function pipe(socket: Socket, port: number): void {
  const other = connect(port, '127.0.0.1').on('error', () => socket.destroy())
  socket.on('error', () => other.destroy()).pipe(other)
  other.pipe(socket)
}
