import type { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type TLSSocket } from 'node:tls'
import type { Culprit } from '../protocol/http-api.ts'
import { cleanText } from '../protocol/outside-text.ts'
import type { Aim } from './aim.ts'
import { nobody } from './judged.ts'
import type { Program } from './signatures.ts'

/** One certificate, in text that is safe to show. */
export interface Paper {
  subject: string
  issuer: string
  /** Milliseconds since the epoch. */
  validFrom: number
  validTo: number
}

/** What a server showed in a handshake. */
export interface Shown {
  leaf: Paper
  /** Names that it is for, as they stand in it. */
  names: string[]
  /** It is for the name that was asked for. */
  fits: boolean
  /** It vouches only for itself. */
  selfSigned: boolean
  /** What came after it: the rest of its chain, as far as it was served or is known here. */
  chain: Paper[]
  /** OpenSSL's word for what is wrong with the chain or the dates; null where it is good. */
  refusal: string | null
  /** Who wrote it, where that tells a program. */
  culprit: Culprit
}

const MAX_NAMES = 20
const MAX_CHAIN = 8

/** Certificates that programs make by themselves, told by their issuer or subject. */
const makers: readonly [program: Program, pattern: RegExp][] = [
  ['Caddy', /^Caddy Local Authority/],
  ['Traefik', /^TRAEFIK DEFAULT CERT/],
  ['nginx', /^Kubernetes Ingress Controller Fake Certificate/],
  ['Cloudflare', /CloudFlare Origin/i],
]

/** Reads what the server showed; null where it showed no certificate. */
export function shownBy(tls: TLSSocket, aim: Aim): Shown | null {
  const leaf = tls.getPeerX509Certificate()
  if (leaf === undefined) return null
  const paper = paperOf(leaf)
  const names = namesIn(leaf.subjectAltName ?? '')
  return {
    leaf: paper,
    names,
    // Node still takes the common name where there is no other; browsers and phones have stopped to.
    fits: names.length > 0 && checkServerIdentity(aim.name, leaf.toLegacyObject()) === undefined,
    selfSigned: leaf.subject === leaf.issuer && leaf.verify(leaf.publicKey),
    chain: chainOf(leaf).map(paperOf),
    refusal: refusalOf(tls),
    culprit: makerOf(paper),
  }
}

/** Node also counts a wrong name as a reason, which is judged apart. */
function refusalOf({ authorized, authorizationError }: TLSSocket): string | null {
  // `as`: undeclared, it is the code as a string, and an Error only before the handshake.
  const code = authorizationError as unknown
  if (authorized || typeof code !== 'string' || code === 'ERR_TLS_CERT_ALTNAME_INVALID') return null
  return cleanText(code, 80)
}

function chainOf(leaf: X509Certificate): X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let next = leaf.issuerCertificate; next && chain.length < MAX_CHAIN; next = next.issuerCertificate) {
    if (next.fingerprint256 === (chain.at(-1) ?? leaf).fingerprint256) break
    chain.push(next)
  }
  return chain
}

function paperOf(certificate: X509Certificate): Paper {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    validFrom: certificate.validFromDate.getTime(),
    validTo: certificate.validToDate.getTime(),
  }
}

/** The common name, else the organisation, else all of it. Undeclared, node gives undefined where there is none: Caddy’s own certificates have no subject. */
function nameOf(distinguished = ''): string {
  const part = (key: string): string | undefined =>
    distinguished
      .split('\n')
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1)
  return cleanText(part('CN') ?? part('O') ?? distinguished, 80)
}

/** `DNS:a.example, IP Address:192.0.2.1`; a value with odd characters is quoted as JSON, and counts as it stands. */
function namesIn(text: string): string[] {
  const parts = text.split(', ').filter((part) => part !== '')
  return parts.slice(0, MAX_NAMES).map((part) => cleanText(part.slice(part.indexOf(':') + 1), 100))
}

function makerOf({ subject, issuer }: Paper): Culprit {
  const found = makers.find(([, pattern]) => pattern.test(issuer) || pattern.test(subject))
  return found === undefined ? nobody : { program: found[0], evidence: `certificate of “${issuer}”` }
}
