import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { systemTrust } from '../system/trust.ts'

/** Of one address or socket, milliseconds. */
const CONNECT_MS = 10_000

/** A connection to an origin; over https only where the certificate is good for its name. Rejects with Node's error, or the signal's reason. */
export async function dialOrigin(origin: string, signal?: AbortSignal): Promise<Duplex> {
  const { protocol, hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  // The dot behind a whole name belongs to no certificate and no SNI.
  const name = host.replace(/\.$/, '')
  // RFC 6761: these names are this computer, whatever a server of names says.
  const address = name === 'localhost' || name.endsWith('.localhost') ? '127.0.0.1' : host
  const where = { host: address, port: Number(port || (protocol === 'https:' ? 443 : 80)), timeout: CONNECT_MS }
  if (protocol === 'http:') return await opened(connect({ ...where, noDelay: true }), 'connect', signal)
  // An IP literal may not stand in SNI (RFC 6066, 3).
  const servername = /^[\d.]+$|:/.test(name) ? '' : name
  const tls = connectTls({ ...where, servername, secureContext: systemTrust(), ALPNProtocols: ['http/1.1'] })
  return await opened(tls, 'secureConnect', signal)
}

/** A connection to a unix socket of this computer. Rejects with Node's error, or the signal's reason. */
export async function dialSocket(path: string, signal?: AbortSignal): Promise<Duplex> {
  return await opened(connect({ path, timeout: CONNECT_MS }), 'connect', signal)
}

async function opened(socket: ReturnType<typeof connect>, event: 'connect' | 'secureConnect', signal?: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = (): void => reject(signal?.reason)
  const failWith = (code: string) => () => reject(Object.assign(new Error(code), { code }))
  // Stays on: an error after this belongs to whoever reads then, and the close that follows tells it.
  socket.on('error', reject)
  socket.once(event, resolve).once('close', failWith('ECONNRESET')).once('timeout', failWith('ETIMEDOUT'))
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted === true) onAbort()
  try {
    await promise
    socket.setTimeout(0)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}
