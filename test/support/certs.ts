import 'reflect-metadata' // @peculiar/x509 refuses to load without it
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { tempFolder } from './cleanup.ts'

/** A certificate and its key in PEM files, as a server reads them. */
export interface Certificate {
  /** The leaf first, then what is served of its chain. */
  readonly certFile: string
  readonly keyFile: string
}

/** How to make a leaf. */
export interface LeafOptions {
  /** Default: an hour ago. */
  notBefore?: Date
  /** Default: 90 days from now. */
  notAfter?: Date
  /** `incomplete` leaves the intermediate out of what is served. */
  chain?: 'whole' | 'incomplete'
}

/** A certificate authority of one test file: a root, an intermediate below it, and the leaves that it signs. */
export interface TestCa {
  /** The root alone, PEM. */
  readonly caFile: string
  /** Makes a program on Node trust the root. */
  readonly env: { readonly NODE_EXTRA_CA_CERTS: string }
  /** A leaf for these names (DNS names and addresses), signed by the intermediate. */
  leaf(names: readonly string[], options?: LeafOptions): Promise<Certificate>
}

interface Identity {
  certificate: X509Certificate
  keys: CryptoKeyPair
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const hour = 3_600_000
const day = 24 * hour
const fromNow = (ms: number) => new Date(Date.now() + ms)

/** Validity that is over since yesterday. */
export const expired = { notBefore: fromNow(-30 * day), notAfter: fromNow(-day) } satisfies LeafOptions
/** Validity that begins tomorrow. */
export const notYetValid = { notBefore: fromNow(day), notAfter: fromNow(30 * day) } satisfies LeafOptions

/** Makes a certificate authority in a temp folder; nobody trusts it until told to. */
export async function createTestCa(): Promise<TestCa> {
  const root = await authority('xopc test root', null)
  const intermediate = await authority('xopc test intermediate', root)
  const caFile = join(await tempFolder(), 'root.pem')
  await writeFile(caFile, root.certificate.toString('pem'))
  return {
    caFile,
    env: { NODE_EXTRA_CA_CERTS: caFile },
    async leaf(names, options = {}) {
      const leaf = await leafOf(names, options, intermediate)
      return written(leaf, options.chain === 'incomplete' ? [] : [intermediate.certificate])
    },
  }
}

/** A certificate that only vouches for itself. */
export async function selfSigned(names: readonly string[], options: LeafOptions = {}): Promise<Certificate> {
  return written(await leafOf(names, options, null), [])
}

/** What can be wrong with a server's certificate for a name, each with the one thing wrong; `good` has nothing wrong. */
export const certificateCases = {
  good: (ca, name) => ca.leaf([name]),
  expired: (ca, name) => ca.leaf([name], expired),
  'not yet valid': (ca, name) => ca.leaf([name], notYetValid),
  'wrong name': (ca) => ca.leaf(['other.test', 'www.other.test']),
  'incomplete chain': (ca, name) => ca.leaf([name], { chain: 'incomplete' }),
  'self-signed': (_, name) => selfSigned([name]),
} satisfies Record<string, (ca: TestCa, name: string) => Promise<Certificate>>

async function authority(name: string, issuer: Identity | null): Promise<Identity> {
  const usage = new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)
  const extensions = [new BasicConstraintsExtension(true, issuer ? 0 : 1, true), usage]
  return identity(name, { notBefore: fromNow(-3650 * day), notAfter: fromNow(3650 * day) }, issuer, extensions)
}

function leafOf(names: readonly string[], options: LeafOptions, issuer: Identity | null): Promise<Identity> {
  const alternatives = names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }))
  return identity(names[0] ?? '', options, issuer, [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(alternatives),
  ])
}

async function identity(name: string, span: LeafOptions, issuer: Identity | null, extensions: readonly Extension[]): Promise<Identity> {
  const keys = await crypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
  const subject = [{ CN: [name] }]
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    subject,
    issuer: issuer?.certificate.subjectName.toJSON() ?? subject,
    notBefore: span.notBefore ?? fromNow(-hour),
    notAfter: span.notAfter ?? fromNow(90 * day),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: ecdsa,
    extensions: [
      ...extensions,
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create((issuer?.keys ?? keys).publicKey),
    ],
  })
  return { certificate, keys }
}

async function written({ certificate, keys }: Identity, chain: readonly X509Certificate[]): Promise<Certificate> {
  const folder = await tempFolder()
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  await writeFile(files.certFile, [certificate, ...chain].map((each) => `${each.toString('pem')}\n`).join(''))
  await writeFile(files.keyFile, `${key}\n`, { mode: 0o600 })
  return files
}
