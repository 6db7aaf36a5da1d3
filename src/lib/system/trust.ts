import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'

/** The authorities that a test believes. */
export type Trust = () => SecureContext

let loaded: SecureContext | null = null

/**
 * Node's own roots, the system's store and NODE_EXTRA_CA_CERTS of this process, read with the first test over https and kept: a few hundred
 * certificates, about 50 ms and 12 MB. A root that is added to the system later counts after a restart.
 */
export function systemTrust(): SecureContext {
  return (loaded ??= createSecureContext({ ca: authorities() }))
}

/** The same authorities as one text of PEM, for a program that reads them from a file. */
export function systemAuthorities(): string {
  return authorities()
    .map((pem) => `${pem.trim()}\n`)
    .join('')
}

function authorities(): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
}
