import type { Culprit, Fix } from '../../protocol/http-api.ts'
import { type Aim, nameInText } from '../aim.ts'
import type { Paper, Shown } from '../certificate.ts'
import { fail, type Judged, nobody, pass, warn } from '../judged.ts'
import { firstKnown } from '../signatures.ts'

/** A handshake as far as it tells of the certificate. */
export interface Handshake {
  /** `TLSv1.3`. */
  protocol: string
  /** This computer's time, milliseconds. */
  now: number
  shown: Shown | null
  /** What the server said of itself over a connection that nobody vouches for; null where it was not asked or did not say. */
  server: { clock: number | null; culprit: Culprit } | null
  /** What to do about a certificate of the server’s, where it is known better than by its program. */
  fix?: Fix | undefined
}

/** What can be wrong; several can be at once. */
type Fault =
  | 'selfSigned'
  | 'incomplete'
  | 'unknownAuthority'
  | 'wrongName'
  | 'wrongClock'
  | 'expired'
  | 'notYetValid'
  | 'chainDates'
  | 'other'

/** Clocks that differ by less are well. */
const CLOCK_MS = 5 * 60_000
const DAY_MS = 86_400_000

/** Whether devices accept this certificate for this name at this time. Pure. */
export function judgeCertificate(aim: Aim, handshake: Handshake): Judged {
  const { shown, now, protocol, server } = handshake
  if (shown === null) return fail('TLS_INVALID', 'What answers showed no certificate.', { fix: { title: 'Give the proxy a certificate' } })
  const faults = faultsOf(shown, now, server?.clock ?? null)
  const facts = factsOf(shown, protocol, faults)
  const [first, ...more] = faults
  if (first === undefined) return judgeRemaining(aim, handshake, shown.leaf, facts)
  const culprit = firstKnown(shown.culprit, server?.culprit ?? nobody)
  const also = more.map((fault) => alsoSaid[fault]).filter((text) => text !== '')
  const detail = `${sentences[first](aim, shown, handshake)}${also.length === 0 ? '' : `; it is also ${also.join(' and ')}`}.`
  return fail('TLS_INVALID', detail, {
    culprit,
    fix: (notTheServers.has(first) ? undefined : handshake.fix) ?? fixFor(first, aim, shown, culprit),
    facts,
  })
}

function faultsOf(shown: Shown, now: number, clock: number | null): Fault[] {
  const { leaf, selfSigned, fits, refusal } = shown
  const dated = datesOf(leaf, now)
  // The server's clock has no proof; it only says where to look.
  const clockIsWrong = dated !== null && clock !== null && Math.abs(clock - now) > CLOCK_MS && datesOf(leaf, clock) === null
  const chain = selfSigned ? 'selfSigned' : chainFault(shown)
  const all: (Fault | null)[] = [
    chain === 'chainDates' && dated !== null ? null : chain,
    fits ? null : 'wrongName',
    clockIsWrong ? 'wrongClock' : dated,
  ]
  const found = all.filter((fault) => fault !== null)
  return found.length === 0 && refusal !== null ? ['other'] : found
}

function datesOf({ validFrom, validTo }: Paper, now: number): 'expired' | 'notYetValid' | null {
  if (now > validTo) return 'expired'
  return now < validFrom ? 'notYetValid' : null
}

/** OpenSSL's words: openssl-verification-options(1). With several faults it tells the last one, and dates come last. */
function chainFault({ refusal, chain }: Shown): Fault | null {
  switch (refusal) {
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'chainDates'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'unknownAuthority'
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return chain.length === 0 ? 'incomplete' : 'unknownAuthority'
    default:
      return null
  }
}

const sentences: Record<Fault, (aim: Aim, shown: Shown, handshake: Handshake) => string> = {
  selfSigned: () => 'The certificate is self-signed: it vouches only for itself, so no device trusts it',
  incomplete: (_, { leaf }) =>
    `The server sends its certificate without the rest of the chain: the certificate of “${leaf.issuer}”, which signed it, is missing and is not known here`,
  unknownAuthority: (_, { leaf, chain }) =>
    `The certificate comes from “${(chain.at(-1) ?? leaf).issuer}”, an authority that neither this computer nor devices know`,
  wrongName: ({ name }, { names }) =>
    names.length === 0
      ? `The certificate is for no name at all, and not for ${name}`
      : `The certificate is for ${listed(names)}, and not for ${name}`,
  wrongClock: (_, { leaf }, { now, server }) =>
    `One of two clocks is wrong: the certificate is good from ${day(leaf.validFrom)} to ${day(leaf.validTo)}, this computer says ${moment(now)}, the server ${moment(server?.clock ?? now)}`,
  expired: (_, { leaf }, { now }) => `The certificate expired on ${day(leaf.validTo)} (this computer says it is ${moment(now)})`,
  notYetValid: (_, { leaf }, { now }) =>
    `The certificate is not valid before ${moment(leaf.validFrom)}, and this computer says it is ${moment(now)}`,
  chainDates: (_, { chain }, { now }) => {
    const bad = chain.find((paper) => datesOf(paper, now) !== null)
    return bad === undefined
      ? 'A certificate in the chain is out of date'
      : `The certificate of “${bad.subject}” in the chain is out of date: good from ${day(bad.validFrom)} to ${day(bad.validTo)}`
  },
  other: (_, { refusal }) => `The certificate is refused (${refusal})`,
}

const alsoSaid: Record<Fault, string> = {
  selfSigned: 'self-signed',
  incomplete: 'without its chain',
  unknownAuthority: 'from an unknown authority',
  wrongName: 'for another name',
  wrongClock: 'judged by a clock that is wrong',
  expired: 'expired',
  notYetValid: 'not valid yet',
  chainDates: '',
  other: '',
}

/** What is to be mended elsewhere. */
const notTheServers: ReadonlySet<Fault> = new Set(['wrongClock', 'notYetValid', 'unknownAuthority'])

function fixFor(fault: Fault, aim: Aim, { leaf }: Shown, { program }: Culprit): Fix {
  const name = nameInText(aim)
  const certbot = aim.literal ? {} : { command: `sudo certbot certonly ${program === 'Apache' ? '--apache' : '--nginx'} -d ${name}` }
  switch (fault) {
    case 'selfSigned':
      if (program === 'Caddy') return { title: 'Take “tls internal” out of the site: then Caddy gets a certificate that devices trust' }
      return { title: 'Get a certificate of a public authority', ...certbot }
    case 'unknownAuthority': {
      if (program === 'Caddy') return { title: 'Take “tls internal” out of the site: then Caddy gets a certificate that devices trust' }
      const title = `Get a certificate of a public authority; where “${leaf.issuer}” is your own, devices and this gateway must be given its root`
      return { title, command: 'NODE_EXTRA_CA_CERTS=/path/to/root.pem xopc gateway' }
    }
    case 'incomplete':
      return { title: 'Serve the whole chain', snippet: chainLine(program, name) }
    case 'wrongName':
      return { title: `Get a certificate for ${name}, or use an address that it is for`, ...certbot }
    case 'wrongClock':
    case 'notYetValid':
      return { title: 'Set the clocks of this computer and of the proxy by the network', command: 'sudo timedatectl set-ntp true' }
    case 'expired':
    case 'chainDates':
      if (program === 'Caddy') return { title: 'Look why Caddy could not renew it', command: 'journalctl -u caddy' }
      return { title: 'Renew it, and let the proxy read it anew', command: 'sudo certbot renew && sudo systemctl reload nginx' }
    case 'other':
      return { title: 'Get a certificate of a public authority', ...certbot }
  }
}

function chainLine(program: string | null, name: string): string {
  const file = `/etc/letsencrypt/live/${name}/fullchain.pem`
  const byProgram: Record<string, string> = {
    nginx: `ssl_certificate ${file};`,
    Apache: `SSLCertificateFile ${file}`,
    HAProxy: 'bind :443 ssl crt /etc/haproxy/certs/ (each file: certificate, chain, key)',
  }
  return (
    byProgram[program ?? ''] ??
    `nginx:   ssl_certificate ${file};\nApache:  SSLCertificateFile ${file}\nHAProxy: certificate, chain and key in one file`
  )
}

/** Renewal begins at a third of the life or earlier; when only a tenth is left, it did not happen. */
function judgeRemaining(aim: Aim, { now, fix: known }: Handshake, leaf: Paper, facts: Record<string, unknown>): Judged {
  const left = leaf.validTo - now
  const detail = `The certificate for ${aim.name} from “${leaf.issuer}” is good until ${day(leaf.validTo)}`
  if (left > (leaf.validTo - leaf.validFrom) / 10) return pass(`${detail}.`, facts)
  const fix = known ?? { title: 'See why it was not renewed', command: 'sudo certbot renew --dry-run' }
  return warn('TLS_INVALID', `${detail}, in ${soon(left)}, and was not renewed yet.`, { fix, facts })
}

function soon(ms: number): string {
  const [count, unit] = ms >= DAY_MS ? [Math.floor(ms / DAY_MS), 'day'] : [Math.max(1, Math.floor(ms / 3_600_000)), 'hour']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

function factsOf({ leaf, names, chain, refusal }: Shown, protocol: string, faults: readonly Fault[]): Record<string, unknown> {
  const validFrom = iso(leaf.validFrom)
  const validTo = iso(leaf.validTo)
  const wrong = faults.length === 0 ? {} : { faults, refusal }
  return {
    protocol,
    subject: leaf.subject,
    issuer: leaf.issuer,
    names,
    validFrom,
    validTo,
    chain: chain.map(({ subject }) => subject),
    ...wrong,
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

function day(ms: number): string {
  return iso(ms).slice(0, 10)
}

function moment(ms: number): string {
  return `${iso(ms).slice(0, 16).replace('T', ' ')} UTC`
}

/** A certificate may hold a date that is none. */
function iso(ms: number): string {
  return Number.isNaN(new Date(ms).getTime()) ? 'an unknown day' : new Date(ms).toISOString()
}
