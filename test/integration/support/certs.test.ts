import { readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { atEnd } from '../../support/cleanup.ts'
import { type Certificate, certificateCases, createTestCa, type TestCa } from '../../support/certs.ts'

let ca: TestCa
beforeAll(async () => {
  ca = await createTestCa()
})

describe('a certificate', () => {
  it.each([
    ['good', null],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not yet valid', 'CERT_NOT_YET_VALID'],
    ['wrong name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['incomplete chain', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ] as const)('that is %s: %s', async (name, code) => {
    const certificate = await certificateCases[name](ca, 'gateway.test')
    expect(await verdict(certificate, 'gateway.test')).toBe(code)
  })

  it('can be for an address', async () => {
    expect(await verdict(await ca.leaf(['127.0.0.1', '::1']), '127.0.0.1')).toBe(null)
  })

  it('is not trusted without the root', async () => {
    expect(await verdict(await ca.leaf(['gateway.test']), 'gateway.test', [])).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')
  })
})

/** What Node, trusting `roots`, says of a server with this certificate; null when it is content. */
async function verdict({ certFile, keyFile }: Certificate, name: string, roots = [ca.caFile]): Promise<string | null> {
  const server = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) })
  atEnd(() => new Promise((resolve) => server.close(resolve)))
  server.on('tlsClientError', () => {}) // the client's verdict is what counts
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  const port = typeof at === 'object' && at ? at.port : 0
  const trusted = await Promise.all(roots.map((path) => readFile(path)))
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername: name === '127.0.0.1' ? '' : name, ca: trusted }, () => {
      socket.destroy()
      resolve(null)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}
