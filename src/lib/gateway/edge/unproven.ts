import type { XopcError } from '../../errors/error.ts'
import { edgeErrors } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { IdentityFault } from './proxy-identity.ts'

const unproven = 'it did not prove itself with the right X-Xopc-Proxy-Secret'
const unclear = 'what it sent does not name one user'
const incomplete = 'a header that it has to send besides is missing, or came twice'

/** The same words for every fault that a stranger could tell apart by trying; the audit log has which it was. */
const words: Readonly<Record<IdentityFault, string>> = {
  'secret-missing': unproven,
  'secret-repeated': unproven,
  'secret-wrong': unproven,
  'secret-not-compared': unproven,
  'user-missing': 'it named nobody',
  'user-repeated': unclear,
  'user-unreadable': unclear,
  'headers-cut': unclear,
  'required-missing': incomplete,
  'required-repeated': incomplete,
  'user-not-allowed': 'the user that it named may not come in here',
}

/** `invalid_proxy_credentials`, in the words of this fault. */
export function identityError(fault: IdentityFault): XopcError {
  return edgeErrors.invalid_proxy_credentials({ problem: words[fault] })
}

/** The 401 of somebody who has proven nothing. */
export function unprovenError({ principal, unproven }: Pick<Exchange, 'principal' | 'unproven'>): XopcError {
  return principal.unnamed === true ? identityError('user-missing') : edgeErrors[unproven]()
}
