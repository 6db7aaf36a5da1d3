import ipaddr from 'ipaddr.js'
import { z } from 'zod'

const words = ['loopback', 'lan', 'tailnet']

/** Whether a `bind` is one that xopc can listen on: a word, or an address of one computer (or the wildcard) without a zone. */
export function isBind(text: string): boolean {
  if (words.includes(text)) return true
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !(ipaddr.IPv6.isValid(text) && !text.includes('%'))) return false
  const range = ipaddr.process(text).range()
  return range !== 'multicast' && range !== 'broadcast'
}

/** Whether nothing but this computer can reach a `bind`. */
export function isLoopbackBind(bind: string): boolean {
  return bind === 'loopback' || (ipaddr.isValid(bind) && ipaddr.process(bind).range() === 'loopback')
}

/** `gateway.bind`. */
export const bindSetting = z
  .string()
  .refine(isBind, { error: 'must be loopback, lan, tailnet or an IP address such as 192.168.1.5' })
  .default('loopback')
