import { randomInt } from 'node:crypto'
import { connect, createServer, type TcpNetConnectOpts } from 'node:net'

const given = new Set<number>()

/** Gives a port that nobody uses on loopback, for a program that cannot be asked to take any. Below the ports that outgoing connections are given, so that none of them takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    if (given.has(port) || !(await canListen(port))) continue
    given.add(port)
    return port
  }
}

/** Whether something accepts connections there. */
export function answers(place: TcpNetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place, () => (socket.destroy(), resolve(true))).once('error', () => resolve(false))
  })
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
