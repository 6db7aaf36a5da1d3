import { readFile } from 'node:fs/promises'
import { createServer, request, type RequestOptions } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestCa, type Certificate, type TestCa } from '../../support/certs.ts'
import { atEnd } from '../../support/cleanup.ts'
import { badRedirects, startRedirects, startSilent, startTrickle } from '../../support/misbehaving.ts'
import { startRecorder } from '../../support/replay.ts'

let ca: TestCa
let certificate: Certificate
let trusted: Buffer
beforeAll(async () => {
  ca = await createTestCa()
  certificate = await ca.leaf(['gateway.test', '127.0.0.1'])
  trusted = await readFile(ca.caFile)
})

describe('a silent server', () => {
  it('accepts and says nothing', async () => {
    const server = await startSilent()
    const socket = connectTcp(server.port, '127.0.0.1')
    const heard: Buffer[] = []
    socket.on('data', (chunk) => heard.push(chunk))
    await new Promise((resolve) => socket.once('connect', resolve))
    await expect.poll(server.connections).toBe(1)
    await server.close()
    await new Promise((resolve) => socket.once('close', resolve))
    expect(heard).toEqual([])
  })

  it('shakes hands over TLS and says nothing', async () => {
    const server = await startSilent({ certificate, name: 'gateway.test' })
    expect(server.url).toBe(`https://gateway.test:${server.port}`)
    const socket = connectTls({ port: server.port, host: '127.0.0.1', servername: 'gateway.test', ca: trusted })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    const heard: Buffer[] = []
    socket.on('data', (chunk) => heard.push(chunk)).write('GET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n')
    await server.close()
    await new Promise((resolve) => socket.once('close', resolve))
    expect(heard).toEqual([])
  })
})

describe('a server that trickles', () => {
  it.concurrent.each([
    ['head', /^HT$/],
    ['body', /^HTTP.*\r\n\r\n\{"$/s],
  ] as const)('sends its %s byte by byte', async (slow, after2s) => {
    const server = await startTrickle(slow)
    const socket = connectTcp(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'))
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk.toString()))
    await expect.poll(() => heard, { timeout: 5_000 }).toMatch(after2s)
  })
})

describe('a redirect', () => {
  it.each([
    ['login', 'https://login.other.test/sign-in?next=1'],
    ['loop', '<url>/a/b'],
    ['an endless chain', '<url>/a/bx'],
    ['metadata service', 'http://169.254.169.254/latest/meta-data/'],
  ] as const)('%s: to %s', async (name, target) => {
    const server = await startRedirects(badRedirects[name])
    const { status, headers } = await ask(`${server.url}/a/b`)
    expect([status, headers.location]).toEqual([302, target.replace('<url>', server.url)])
    expect(server.heard()).toMatchObject([{ method: 'GET', path: '/a/b' }])
  })
})

describe('a recorder', () => {
  it('passes on what the gateway says, and then repeats it', async () => {
    let count = 0
    const app = createServer((req, res) => res.setHeader('X-Host', req.headers.host ?? '').end(`${req.url} ${++count}`))
    atEnd(async () => void app.close())
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
    const at = app.address()
    const server = await startRecorder(`http://127.0.0.1:${typeof at === 'object' && at ? at.port : 0}`, { certificate })
    const said = async (path: string) => {
      const { status, headers, body } = await ask(`${server.url}${path}`, { headers: { host: 'gateway.test' } })
      return [status, headers['x-host'], body]
    }
    expect(await said('/one?a')).toEqual([200, 'gateway.test', '/one?a 1'])
    expect(await said('/one?b')).toEqual([200, 'gateway.test', '/one?b 2'])
    server.replay()
    expect(await said('/one?c')).toEqual([200, 'gateway.test', '/one?b 2'])
    expect(await said('/two')).toEqual([404, undefined, ''])
    expect(count).toBe(2)
  })
})

async function ask(url: string, options: RequestOptions = {}) {
  return new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
    const send = url.startsWith('https:') ? secureRequest : request
    send(url, { ...options, ca: trusted, agent: false } as RequestOptions, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (text: string) => (body += text))
      answer.once('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }))
    })
      .once('error', reject)
      .end()
  })
}
