import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { connect as dial, createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSocketTransport } from '../../../src/lib/remote/control-socket.ts'
import { needsPeer } from '../../support/peers.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'

async function socketIn(dir: string, listener: RequestListener): Promise<string> {
  const path = join(dir, 'control.sock')
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  atEnd(async () => (server.closeAllConnections(), server.close()))
  return path
}

async function answering(listener: RequestListener): Promise<string> {
  return await socketIn(await tempFolder(), listener)
}

const get = { method: 'GET', path: '/health' }

describe('the control socket as a way to the gateway', () => {
  it('sends JSON and gives status, headers and body', async () => {
    const path = await answering((req, res) => {
      req.setEncoding('utf8')
      let text = ''
      req.on('data', (chunk: string) => (text += chunk))
      req.on('end', () =>
        res.writeHead(201, { 'x-xopc-api': '1' }).end(JSON.stringify({ method: req.method, url: req.url, text, headers: req.headers })),
      )
    })
    const reply = await createSocketTransport(path)({ method: 'PATCH', path: '/a?b=c', body: { ä: 1 }, headers: { 'if-match': '"x"' } })
    expect([reply.status, reply.headers('X-Xopc-Api'), reply.headers('nothing')]).toEqual([201, '1', null])
    expect(await reply.json()).toMatchObject({
      method: 'PATCH',
      url: '/a?b=c',
      text: '{"ä":1}',
      headers: { host: 'localhost', 'content-type': 'application/json', 'if-match': '"x"', connection: 'close' },
    })
  })

  it('gives lines as they come, however they were cut', async () => {
    const whole = Buffer.from('eins\r\nzwölf 🧵\n\nlast')
    const path = await answering((_req, res) => {
      res.writeHead(200)
      for (const byte of whole) res.write(Buffer.of(byte))
      res.end()
    })
    const lines: string[] = []
    for await (const line of (await createSocketTransport(path)(get)).lines()) lines.push(line)
    expect(lines).toEqual(['eins', 'zwölf 🧵', '', 'last'])
  })

  const unsafe: [what: string, prepare: (dir: string) => Promise<string>, code: string][] = [
    ['that others may enter', async (dir) => (await chmod(dir, 0o755), dir), 'FOLDER_NOT_PRIVATE'],
    ['that the group may enter', async (dir) => (await chmod(dir, 0o710), dir), 'FOLDER_NOT_PRIVATE'],
    ['that is a link', async (dir) => (await symlink(dir, `${dir}/link`), `${dir}/link`), 'FOLDER_NOT_PRIVATE'],
  ]
  it.each(unsafe)('is refused in a folder %s', async (_what, prepare, code) => {
    let asked = 0
    const dir = await tempFolder()
    await socketIn(dir, (_req, res) => (asked++, res.end('{}')))
    const folder = await prepare(dir)
    await expect(createSocketTransport(join(folder, 'control.sock'))(get)).rejects.toMatchObject({ code })
    expect(asked).toBe(0)
  })

  it('says that nobody is there', async () => {
    const dir = await tempFolder()
    await expect(createSocketTransport(join(dir, 'control.sock'))(get)).rejects.toMatchObject({
      code: 'GATEWAY_UNREACHABLE',
      message: expect.stringContaining('its socket is gone'),
    })
    await writeFile(join(dir, 'control.sock'), '')
    await expect(createSocketTransport(join(dir, 'control.sock'))(get)).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  })

  it('gives up on a gateway that never answers', async () => {
    const path = await answering(() => undefined)
    await expect(createSocketTransport(path)({ ...get, timeoutMs: 50 })).rejects.toMatchObject({ code: 'GATEWAY_TIMEOUT' })
  })

  it('gives up on a reply that never ends', async () => {
    const path = await answering((_req, res) => void res.writeHead(200).write('{"half":'))
    const reply = await createSocketTransport(path)({ ...get, timeoutMs: 50 })
    await expect(reply.json()).rejects.toMatchObject({ code: 'GATEWAY_TIMEOUT' })
  })

  it('says when the gateway breaks off, before the head and after it', async () => {
    const early = await answering((req) => req.socket.destroy())
    await expect(createSocketTransport(early)(get)).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
    const late = await answering((_req, res) => {
      res.writeHead(200, { 'content-length': '100' })
      res.write('{"half":')
      setImmediate(() => res.destroy())
    })
    const reply = await createSocketTransport(late)(get)
    await expect(reply.json()).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  })

  it('says when what answers does not speak HTTP', async () => {
    const path = join(await tempFolder(), 'control.sock')
    const server = createSocketServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    await new Promise<void>((resolve) => server.listen(path, resolve))
    atEnd(async () => server.close())
    await expect(createSocketTransport(path)(get)).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  })

  it('ends with its signal, while it waits and while it reads', async () => {
    const silent = createSocketTransport(await answering(() => undefined))
    const waiting = new AbortController()
    const head = silent({ ...get, signal: waiting.signal })
    setImmediate(() => waiting.abort(new Error('enough')))
    await expect(head).rejects.toThrow('enough')

    const endless = createSocketTransport(await answering((_req, res) => void res.writeHead(200).write('one\n')))
    const reading = new AbortController()
    const lines = (await endless({ ...get, signal: reading.signal })).lines()[Symbol.asyncIterator]()
    expect(await lines.next()).toEqual({ done: false, value: 'one' })
    reading.abort(new Error('enough'))
    await expect(lines.next()).rejects.toThrow('enough')
    await expect(endless({ ...get, signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })

  it('does not read a reply without end into memory', async () => {
    const block = Buffer.alloc(1024 * 1024, 0x61)
    const path = await answering((_req, res) => {
      const more = (): void => void (res.write(block) ? setImmediate(more) : res.once('drain', more))
      more()
    })
    const transport = createSocketTransport(path)
    await expect((await transport(get)).json()).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
    const lines = (await transport(get)).lines()[Symbol.asyncIterator]()
    await expect(lines.next()).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  })

  it('leaves no connection open behind a reply that was read', async () => {
    let open = 0
    const path = await answering((req, res) => {
      open++
      req.socket.on('close', () => open--)
      res.end('{}')
    })
    await (await createSocketTransport(path)(get)).json()
    // A second connection that comes and goes proves that the server has seen the end of the first.
    await new Promise<void>((resolve) =>
      dial(path, function (this: { end(): void }) {
        this.end()
      }).on('close', () => resolve()),
    )
    expect(open).toBe(0)
  })
})

needsPeer('second-user', 'the control socket in a folder of somebody else', () => {
  it('is refused', async () => {
    const dir = join(await tempFolder(), 'theirs')
    await mkdir(dir, { mode: 0o700 })
    const path = await socketIn(dir, (_req, res) => res.end('{}'))
    await chown(dir, 65534, 65534)
    await expect(createSocketTransport(path)(get)).rejects.toMatchObject({ code: 'STATE_NOT_OURS' })
  })
})
