import type { Server } from 'node:net'
import { brokerErrors } from './errors.ts'

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not use it',
  EADDRNOTAVAIL: 'this computer does not have that address',
}

/** Lets a server listen; gives its port. Throws `BROKER_PORT_TAKEN`. */
export async function listenAt(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
      reject(brokerErrors.BROKER_PORT_TAKEN({ place, reason: reasons[error.code ?? ''] ?? error.message }, { cause: error }))
    }
    server.once('error', failed)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', failed)
      resolve()
    })
  })
  const at = server.address()
  return typeof at === 'object' && at !== null ? at.port : port
}
