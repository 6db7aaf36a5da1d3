import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { openPassage } from '../../../src/lib/broker/passage.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'
import { atEnd } from '../../support/cleanup.ts'

/** A passage to a server that sends back what it gets; `seen` has its connections. */
async function opened({ perSource = 10 } = {}) {
  const seen: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    seen.push(socket.on('error', () => {}))
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const target = (server.address() as AddressInfo).port
  const passage = await openPassage({ host: '127.0.0.1', port: 0, target, perSource, clock: systemClock })
  atEnd(async () => {
    await passage.close()
    for (const socket of seen) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const dial = async (): Promise<Socket> => {
    const socket = connect(passage.port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    return socket
  }
  return { passage, seen, dial }
}

it('hands everything on, to the last byte', async () => {
  const { dial, passage } = await opened()
  const socket = await dial()
  const sent = Buffer.alloc(5_000_000, 'abc')
  socket.end(sent)
  const pieces: Buffer[] = []
  for await (const piece of socket) pieces.push(piece as Buffer)
  expect(Buffer.concat(pieces).equals(sent)).toBe(true)
  await expect.poll(() => passage.count()).toBe(0)
})

it('knows a link by the port that frps sees, and cuts both halves of it', async () => {
  const { dial, passage, seen } = await opened()
  const [one, two] = [await dial(), await dial()]
  await expect.poll(() => seen.length).toBe(2)
  const link = passage.link(seen[0]?.remotePort ?? 0)
  expect(link?.source).toBe('127.0.0.1')
  const ended = Promise.race([once(one, 'close'), once(two, 'close')])
  link?.cut()
  await Promise.all([ended, link?.gone, once(seen[0]!, 'close')])
  expect([one.destroyed, two.destroyed].filter(Boolean)).toHaveLength(1)
  expect([passage.count(), passage.link(seen[0]?.remotePort ?? 0)]).toEqual([1, undefined])
})

it('lets one address have so many links, and more as soon as one is gone', async () => {
  const { dial, passage } = await opened({ perSource: 2 })
  const [first] = [await dial(), await dial()]
  await expect.poll(() => passage.count()).toBe(2)
  await once((await dial()).resume(), 'close')
  expect(passage.count()).toBe(2)
  first?.destroy()
  await expect.poll(() => passage.count()).toBe(1)
  const fourth = await dial()
  fourth.write('x')
  expect(String(await once(fourth, 'data'))).toBe('x')
})
