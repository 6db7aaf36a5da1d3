import { createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { atEnd } from '../../support/cleanup.ts'

/**
 * Lets a browser of this computer reach a place in another network: whoever connects to this port of 127.0.0.1 is connected to what `open` gives.
 * The port may be chosen, 0 takes a free one; gives the one it is. Ends after the last test of the file.
 */
export async function relay(open: () => Promise<Duplex>, port = 0): Promise<number> {
  const sockets = new Set<Duplex>()
  const server = createServer((here) => {
    sockets.add(here)
    here.on('error', () => {}).on('close', () => sockets.delete(here))
    open().then(
      (there) => {
        there.on('error', () => here.destroy())
        // A browser breaks off what it does not need any more, which is no fault.
        void pipeline(here, there, here).catch(() => {})
      },
      () => here.destroy(),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  atEnd(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
