import ipaddr from 'ipaddr.js'
import { cleanText } from '../protocol/outside-text.ts'
import { binaryErrors } from './errors.ts'

/** Where ssh is sent to. */
export interface SshTarget {
  /** Null: what ssh's own configuration says. */
  user: string | null
  /** A name, an alias of the configuration, or an address; IPv6 without brackets. */
  host: string
  /** Null: what ssh's own configuration says. */
  port: number | null
}

const USER = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/
// ssh hands the host to the commands of its configuration (ProxyCommand %h), so nothing that a shell reads gets in (CVE-2023-51385).
const HOST = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,253}$/
const WHOLE = /^(?:ssh:\/\/)?(?:([^@]*)@)?(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/

/**
 * Reads `[user@]host[:port]`, with or without `ssh://`; an IPv6 address stands in brackets, or alone without a port. Everything else is refused,
 * before any program sees it (attack A82). Throws `SSH_TARGET_INVALID`. Pure.
 */
export function readSshTarget(text: string): SshTarget {
  // A password, which ssh takes in no address, is not for the terminal.
  const shown = text.replace(/^((?:ssh:\/\/)?[^:@]*):.*@/is, '$1:***@')
  const refuse = (problem: string) => binaryErrors.SSH_TARGET_INVALID({ target: JSON.stringify(cleanText(shown, 200)), problem })
  if (isIPv6(text)) return { user: null, host: text, port: null }
  const match = WHOLE.exec(text.endsWith('/') && text.startsWith('ssh://') ? text.slice(0, -1) : text)
  if (match === null) throw refuse('it does not have the form user@host')
  const [, user, bracketed, name, port] = match
  if (user !== undefined && !USER.test(user)) throw refuse('its user name has characters that are not taken')
  if (bracketed !== undefined && !isIPv6(bracketed)) throw refuse('what stands in brackets is no IPv6 address')
  const host = bracketed ?? name ?? ''
  if (bracketed === undefined && !HOST.test(host))
    throw refuse(host === '' ? 'it names no host' : 'its host has characters that are not taken')
  if (port !== undefined && !isPort(port)) throw refuse('its port is no number from 1 to 65535')
  return { user: user ?? null, host, port: port === undefined ? null : Number(port) }
}

/** The target as it is written and kept: `user@host:port`. Pure. */
export function sshTargetText({ user, host, port }: SshTarget): string {
  const place = isIPv6(host) ? (port === null ? host : `[${host}]`) : host
  return `${user === null ? '' : `${user}@`}${place}${port === null ? '' : `:${port}`}`
}

/** What ssh(1) is told for it: `-p port user@host`, each word apart. Pure. */
export function sshWords({ user, host, port }: SshTarget): string[] {
  return [...(port === null ? [] : ['-p', String(port)]), `${user === null ? '' : `${user}@`}${host}`]
}

function isIPv6(text: string): boolean {
  // A zone names an interface of one computer and is text that a shell could read.
  return ipaddr.IPv6.isValid(text) && !text.includes('%')
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535
}
