import { randomBytes } from 'node:crypto'
import type { Extension } from '@peculiar/x509'

/** A certificate that vouches for itself, and its key, PEM. */
export interface OwnCertificate {
  certificate: string
  key: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const YEARS = 10
const DAY_MS = 86_400_000

/** Makes the certificate of an frps for ten years: gateways are told it by discovery and believe exactly this one. `hosts` are names and addresses. */
export async function makeCertificate(hosts: readonly string[], now: number): Promise<OwnCertificate> {
  // Loaded only here: it is needed once in ten years. Without the first the second refuses to load.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const alternatives = hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value }))
  const extensions: Extension[] = [
    // It signs nobody else's.
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(alternatives),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ]
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: ['xopc broker'] }],
    // Clocks of gateways may be behind.
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + YEARS * 365 * DAY_MS),
    keys,
    signingAlgorithm: algorithm,
    extensions,
  })
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { certificate: `${certificate.toString('pem')}\n`, key: `${key}\n` }
}
