import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FrpcRelease, frpcTarget } from '../../src/lib/binaries/frpc-digests.ts'
import { atEnd } from './cleanup.ts'

/** The target of this computer. */
export const hereTarget = frpcTarget({ os: process.platform, arch: process.arch }) ?? 'linux_amd64'
/** The one member of an archive that counts. */
export const memberName = `frp_0.71.0_${hereTarget}/frpc`

/** A release whose archive for this computer has this digest; the program in it is known or not. */
export function releaseOf(archive: string, binary: { sha256: string; size: number } | null = null): FrpcRelease {
  return { version: '0.71.0', targets: { [hereTarget]: { archive, binary } } }
}

/** A place that answers every request like this, and is named as the mirror; it ends after the last test of the file. */
export async function startMirror(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(async () => {
    server.close()
    server.closeAllConnections()
  })
  // `as`: it listens on TCP.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, asked, env: { ...process.env, XOPC_FRPC_MIRROR: url } }
}

/** A mirror that has this archive. */
export async function mirrorOf(bytes: Uint8Array) {
  return await startMirror((_, response) => {
    response.setHeader('content-length', bytes.length)
    response.end(bytes)
  })
}
