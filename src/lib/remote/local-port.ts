import { type AddressInfo, createServer, type Server, type Socket, connect } from 'node:net'
import { portOwner } from '../system/port-owner.ts'
import { systemCode } from '../system/file-errors.ts'
import { remoteErrors } from './errors.ts'

/** A port of this computer that leads to a unix socket. */
export interface LocalPort {
  readonly port: number
  /** Ends it with every connection that is open. */
  close(): Promise<void>
}

/** How the port is chosen. */
export interface PortWish {
  port: number
  /** Whether another one will do where it is taken. */
  orAnother: boolean
}

/**
 * Listens on 127.0.0.1 and passes each connection on to the socket, both ways, as it is. The port is ours while ssh comes and goes, so nobody can
 * sit down on it meanwhile (attack A84). Throws `LOCAL_PORT_TAKEN`.
 */
export async function openLocalPort(wish: PortWish, socketPath: string): Promise<LocalPort> {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: socketPath, allowHalfOpen: true })
    join(near, far)
    for (const end of [near, far]) {
      open.add(end)
      end.once('close', () => open.delete(end))
    }
  })
  const port = await listen(server, wish)
  return {
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const end of open) end.destroy()
      await closed
    },
  }
}

async function listen(server: Server, { port, orAnother }: PortWish): Promise<number> {
  try {
    return await bind(server, port)
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE' && systemCode(error) !== 'EACCES') throw error
    if (orAnother) return await bind(server, 0)
    const owner = await portOwner(port)
    const name = owner?.name ?? null
    const by = name === null ? '' : ` by ${name}`
    throw remoteErrors.LOCAL_PORT_TAKEN({ port, by }, { cause: error })
  }
}

async function bind(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // `as`: a server that listens on TCP has an address of this form.
  return (server.address() as AddressInfo).port
}

/** An end that says no more is told so at the other; one that breaks breaks the other. */
function join(near: Socket, far: Socket): void {
  near.pipe(far)
  far.pipe(near)
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    // Why it broke is told by the state of the forward; a browser sees a connection that ended.
    one.on('error', () => other.destroy())
    one.once('close', () => other.destroy())
  }
}
