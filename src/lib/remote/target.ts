import { type SshTarget, readSshTarget, sshTargetText } from '../binaries/ssh-target.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { isPrivateHost, reachOf } from '../protocol/reach.ts'
import { remoteErrors } from './errors.ts'

/** Where a gateway elsewhere is. */
export type Place =
  | { kind: 'direct'; origin: string }
  /** `url`: the gateway's own on that computer; null: as that computer says. */
  | { kind: 'ssh'; target: SshTarget; identity: string | null; url: string | null }

/** A gateway elsewhere, and the credential that belongs to it. */
export interface RemoteTarget {
  place: Place
  /** Who named it: `--url`, `XOPC_GATEWAY_URL`, `gateway.remote`. */
  from: string
  /** Token or password; null where none is known. */
  credential: string | null
  /** The key that the configuration demands, base64url; null where it demands none. */
  publicKey: string | null
}

/** `gateway.remote` of the configuration. */
export interface RemoteSettings {
  url: string
  token?: string | undefined
  password?: string | undefined
  transport: 'direct' | 'ssh'
  sshTarget?: string | undefined
  sshIdentity?: string | undefined
  publicKey?: string | undefined
}

/** The gateway of `gateway.remote`. Throws `REMOTE_URL_INVALID`, `INSECURE_URL`, `SSH_TARGET_INVALID`. Pure. */
export function configuredTarget(remote: RemoteSettings): RemoteTarget {
  const from = 'gateway.remote'
  const credential = remote.token ?? remote.password ?? null
  return { place: configuredPlace(remote, from), from, credential, publicKey: remote.publicKey ?? null }
}

function configuredPlace({ url, transport, sshTarget, sshIdentity }: RemoteSettings, from: string): Place {
  if (transport === 'direct') return readPlace(url, from)
  if (sshTarget === undefined) throw invalid(url, from, 'Transport ssh needs gateway.remote.sshTarget, for example user@host')
  const own = originOf(url, from)
  // ssh takes a request to the loopback of that computer; anything else would be dialled from there unseen.
  if (reachOf(new URL(own).hostname) !== 'loopback' || !own.startsWith('http:'))
    throw invalid(url, from, 'With transport ssh it is the gateway’s own address on that computer, for example http://127.0.0.1:18790')
  return { kind: 'ssh', target: readSshTarget(sshTarget), identity: sshIdentity ?? null, url: own }
}

/** A place as `gateway.remote`; `url` is the gateway's own address on its computer. Pure. */
export function settingsFor(place: Place, { url, credential }: { url: string; credential: string | null }): RemoteSettings {
  const token = credential === null ? {} : { token: credential }
  if (place.kind === 'direct') return { url: place.origin, transport: 'direct', ...token }
  const identity = place.identity === null ? {} : { sshIdentity: place.identity }
  return { url: place.url ?? new URL(url).origin, transport: 'ssh', sshTarget: sshTargetText(place.target), ...identity, ...token }
}

/** Reads what a person typed: `https://…`, `http://…` (private), `ssh://[user@]host[:port]`. Throws `REMOTE_URL_INVALID`, `INSECURE_URL`, `SSH_TARGET_INVALID`. Pure. */
export function readPlace(text: string, from: string): Place {
  if (/^ssh:/i.test(text)) return { kind: 'ssh', target: readSshTarget(text), identity: null, url: null }
  const origin = originOf(text, from)
  const { protocol, hostname } = new URL(origin)
  if (protocol === 'http:' && !isPrivateHost(hostname)) throw remoteErrors.INSECURE_URL({ url: origin })
  return { kind: 'direct', origin }
}

/** What a place is called, in pins and by a person: the origin, or `ssh:user@host`. Pure. */
export function nameOf(place: Place): string {
  return place.kind === 'direct' ? place.origin : `ssh:${sshTargetText(place.target)}`
}

/** The same as `xopc remote use` takes it. Pure. */
export function typedName(place: Place): string {
  return place.kind === 'direct' ? place.origin : `ssh://${sshTargetText(place.target)}`
}

function originOf(text: string, from: string): string {
  // The URL parser quietly drops control characters and reads \ as /: what a person sees would not be what is dialled.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f\\]/.test(text) || !URL.canParse(text)) throw invalid(text, from, 'It cannot be read as a URL')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid(text, from, 'Its scheme is none of https, http and ssh')
  if (url.username !== '' || url.password !== '')
    throw invalid(text, from, 'It holds a user name or password, which do not belong into an address')
  if (!/^https?:\/\//i.test(text) || url.hostname === '' || url.port === '0')
    throw invalid(text, from, 'It names no host that can be dialled')
  if (url.pathname !== '/') throw invalid(text, from, 'A gateway is at the top of its address, and this one has a path')
  if (/[?#]/.test(text)) throw invalid(text, from, 'It has a query or a fragment, which an address of a gateway has not')
  return url.origin
}

function invalid(text: string, from: string, problem: string): Error {
  return remoteErrors.REMOTE_URL_INVALID({ from, url: cleanText(withoutSecrets(text), 200), problem })
}

/** A password, a pairing code or a token in what somebody pasted is not for the terminal. */
function withoutSecrets(text: string): string {
  return text.replace(/^(\w+:\/\/)?.*@/s, '$1***@').replace(/([?#]).*$/s, '$1***')
}
