import 'reflect-metadata' // @peculiar/x509 refuses to load without it
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { type Certificate, expired, type LeafOptions, selfSigned, type TestCa } from '../../support/certs.ts'
import { caOnce, look, NAME, startHome, stageOf, statuses, type World } from './house.ts'
import { listen, startBytes, startProxy } from './proxy.ts'

const ca = caOnce()
const ends = { http: 'skip', identity: 'skip', auth: 'skip', sse: 'skip', websocket: 'skip', headers: 'skip' }
const hour = 3_600_000

interface Row {
  what: string
  certificate: (ca: TestCa) => ReturnType<TestCa['leaf']>
  /** Whether the authority is trusted. */
  stranger?: boolean
  faults: string[]
  says: RegExp
  write: RegExp
}

/** A name in the subject alone, which browsers and phones have stopped to take. */
async function onlyInSubject(): Promise<Certificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: `CN=${NAME}`, keys, signingAlgorithm: algorithm })
  const folder = await tempFolder()
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  await writeFile(files.certFile, certificate.toString('pem'))
  await writeFile(files.keyFile, PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'))
  return files
}

const rows: Row[] = [
  {
    what: 'self-signed',
    certificate: () => selfSigned([NAME]),
    faults: ['selfSigned'],
    says: /^The certificate is self-signed: it vouches only for itself, so no device trusts it\.$/,
    write: /certbot certonly --nginx -d gateway\.test/,
  },
  {
    what: 'expired',
    certificate: (own) => own.leaf([NAME], expired),
    faults: ['expired'],
    says: /^The certificate expired on \d{4}-\d\d-\d\d \(this computer says it is /,
    write: /certbot renew/,
  },
  {
    what: 'not valid yet',
    certificate: (own) => own.leaf([NAME], { notBefore: new Date(Date.now() + 24 * hour), notAfter: new Date(Date.now() + 48 * hour) }),
    faults: ['notYetValid'],
    says: /^The certificate is not valid before .* UTC, and this computer says it is /,
    write: /timedatectl set-ntp true/,
  },
  {
    what: 'for another name',
    certificate: (own) => own.leaf(['other.test', '*.other.test', '192.0.2.7']),
    faults: ['wrongName'],
    says: /^The certificate is for other\.test, \*\.other\.test, 192\.0\.2\.7, and not for gateway\.test\.$/,
    write: /certbot certonly --nginx -d gateway\.test/,
  },
  {
    what: 'without its chain',
    certificate: (own) => own.leaf([NAME], { chain: 'incomplete' }),
    faults: ['incomplete'],
    says: /without the rest of the chain: the certificate of “xopc test intermediate”/,
    write: /fullchain\.pem/,
  },
  {
    what: 'of an authority that nobody knows',
    certificate: (own) => own.leaf([NAME]),
    stranger: true,
    faults: ['unknownAuthority'],
    says: /comes from “xopc test root”, an authority that neither this computer nor devices know/,
    write: /NODE_EXTRA_CA_CERTS/,
  },
  {
    what: 'for a name that stands in its subject alone',
    certificate: onlyInSubject,
    faults: ['selfSigned', 'wrongName'],
    says: /it is also for another name\.$/,
    write: /certbot/,
  },
  {
    what: 'self-signed, expired and for another name at once',
    certificate: () => selfSigned(['other.test'], expired),
    faults: ['selfSigned', 'wrongName', 'expired'],
    says: /^The certificate is self-signed: .*; it is also for another name and expired\.$/,
    write: /certbot/,
  },
]

describe('a certificate that is', () => {
  it.each(rows)('$what', async ({ certificate, stranger = false, faults, says, write }) => {
    const home = await startHome({}, stranger ? {} : { ca: await ca() })
    const proxy = await startProxy(home.port, { certificate: await certificate(await ca()), server: 'nginx/1.22.1' })
    const verdict = await look(home, `https://${NAME}:${proxy.port}`)
    const tls = stageOf(verdict, 'tls')
    expect(tls, JSON.stringify(tls)).toMatchObject({ status: 'fail', code: 'TLS_INVALID', facts: { faults } })
    expect(tls.detail).toMatch(says)
    expect(`${tls.fix?.command} ${tls.fix?.snippet}`).toMatch(write)
    expect(tls.culprit).toEqual({ program: 'nginx', evidence: 'Server: nginx/1.22.1' })
    expect(statuses(verdict)).toMatchObject(ends)
    expect(verdict).toMatchObject({ ok: false, code: 'TLS_INVALID', message: tls.detail })
    // One request that asks who it is, and no credential in it.
    expect(proxy.requests).toEqual(['GET /health'])
    expect(proxy.received[0]?.headers.authorization).toBeUndefined()
    expect(await home.probe.confirm(`https://${NAME}:${proxy.port}`, AbortSignal.timeout(10_000))).toMatchObject({ code: 'TLS_INVALID' })
  })
})

it('tells a wrong clock from a bad certificate by the clock of who answers', async () => {
  const young: LeafOptions = { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + 24 * hour) }
  const world: World = { ca: await ca(), now: () => Date.now() - 48 * hour }
  const home = await startHome({}, world)
  const { port } = await startProxy(home.port, { certificate: await (await ca()).leaf([NAME], young) })
  const tls = stageOf(await look(home, `https://${NAME}:${port}`), 'tls')
  expect(tls).toMatchObject({ status: 'fail', code: 'TLS_INVALID', facts: { faults: ['wrongClock'] } })
  expect(tls.detail).toMatch(/^One of two clocks is wrong: the certificate is good from .*, this computer says .*, the server .*\.$/)
  expect(tls.fix).toMatchObject({ command: 'sudo timedatectl set-ntp true' })
})

it('warns of a certificate that was due to be renewed', async () => {
  const late: LeafOptions = { notBefore: new Date(Date.now() - 89 * 24 * hour), notAfter: new Date(Date.now() + 25 * hour) }
  const home = await startHome({}, { ca: await ca() })
  const { port } = await startProxy(home.port, { certificate: await (await ca()).leaf([NAME], late) })
  const verdict = await look(home, `https://${NAME}:${port}`)
  expect(verdict.ok).toBe(true)
  expect(stageOf(verdict, 'tls')).toMatchObject({ status: 'warn', detail: expect.stringContaining('in 1 day, and was not renewed yet') })
})

it('takes a certificate for an address', async () => {
  const home = await startHome({}, { ca: await ca() })
  const { port } = await startProxy(home.port, { certificate: await (await ca()).leaf(['127.0.0.1']) })
  const verdict = await look(home, `https://127.0.0.1:${port}`)
  // By a loopback address the gateway does not answer through a proxy: on a phone that address is the phone.
  expect(statuses(verdict)).toMatchObject({ tls: 'pass', http: 'pass', identity: 'fail' })
  expect(verdict).toMatchObject({ ok: false, code: 'HTTP_ERROR', message: expect.stringContaining('does not sign for https://127.0.0.1') })
})

describe('what is no TLS', () => {
  it.each([
    ['plain HTTP', (text: string) => `HTTP/1.1 400 Bad Request\r\nContent-Length: ${text.length}\r\n\r\n${text}`],
    ['another protocol', () => '220 mail.example.net ESMTP SECRET-BANNER\r\n'],
  ])('%s is told by its form', async (_, say) => {
    const home = await startHome()
    const port = await startBytes((socket) => void socket.once('data', () => socket.end(say('x'))))
    const verdict = await look(home, `https://${NAME}:${port}`)
    expect(verdict).toMatchObject({
      ok: false,
      code: 'TLS_INVALID',
      message: `Port ${port} speaks no TLS: what listens there answers in plain text.`,
    })
    expect(JSON.stringify(verdict)).not.toContain('SECRET')
  })

  it('a gateway’s own port asked for https', async () => {
    const home = await startHome()
    expect(await look(home, `https://${NAME}:${home.port}`)).toMatchObject({ ok: false, code: 'TLS_INVALID' })
  })

  it('closing at once', async () => {
    const home = await startHome()
    const port = await startBytes((socket) => void socket.destroy())
    const verdict = await look(home, `https://${NAME}:${port}`)
    expect(verdict).toMatchObject({ ok: false, code: 'NETWORK_ERROR' })
    expect(statuses(verdict)).toMatchObject({ tcp: 'pass', tls: 'fail' })
  })
})

it.each<[who: string, answer: Buffer]>([
  ['a TLS server', Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])],
  ['nginx', page('<center>The plain HTTP request was sent to HTTPS port</center>')],
  ['a Go program', page('Client sent an HTTP request to an HTTPS server.\n')],
])('a port of %s that speaks https is told so to who asks in plain http', async (_, answer) => {
  const home = await startHome()
  const port = await startBytes((socket) => void socket.once('data', () => socket.end(answer)))
  const message = `Port ${port} speaks https, and the address says http.`
  const fix = { command: `xopc proxy test https://${NAME}:${port}` }
  expect(await look(home, `http://${NAME}:${port}`)).toMatchObject({ ok: false, code: 'HTTP_ERROR', message, fix })
})

function page(text: string): Buffer {
  return Buffer.from(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
}

it('a server that wants a certificate of the client is a wall', async () => {
  const home = await startHome({}, { ca: await ca() })
  const { certFile, keyFile } = await (await ca()).leaf([NAME])
  const options = { cert: await readFile(certFile), key: await readFile(keyFile), requestCert: true, rejectUnauthorized: true }
  const port = await listen(createServer(options, (_, res) => res.end()))
  const verdict = await look(home, `https://${NAME}:${port}`)
  expect(verdict).toMatchObject({ ok: false })
  expect(['AUTH_BLOCKED', 'NETWORK_ERROR']).toContain(verdict.ok ? '' : verdict.code)
})

it('an IPv6 literal is dialled and named without its brackets', async () => {
  const home = await startHome({}, { ca: await ca() })
  const { port } = await startProxy(home.port, { certificate: await (await ca()).leaf(['::1']), host: '::1' })
  expect(statuses(await look(home, `https://[::1]:${port}`))).toMatchObject({ dns: 'pass', tcp: 'pass', tls: 'pass', http: 'pass' })
})

it('never goes on with another certificate than the one that was judged', async () => {
  const home = await startHome({}, { ca: await ca() })
  const good = await (await ca()).leaf([NAME])
  const bad = await selfSigned([NAME])
  const proxy = await startProxy(home.port, { certificate: good })
  const other = await startProxy(home.port, { certificate: bad })
  let connections = 0
  const port = await startBytes((socket) => {
    const next = connect(connections++ === 0 ? proxy.port : other.port, '127.0.0.1')
    next.on('error', () => socket.destroy())
    socket.on('close', () => next.destroy())
    socket.pipe(next).pipe(socket)
  })
  const verdict = await look(home, `https://${NAME}:${port}`)
  expect(verdict).toMatchObject({ ok: false, code: 'TLS_INVALID', message: expect.stringContaining('showed another certificate') })
  expect(statuses(verdict)).toMatchObject({ identity: 'pass', auth: 'fail' })
  expect(other.requests).toEqual([])
})
