const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its socket is gone',
  ECONNREFUSED: 'nobody listens there',
  EACCES: 'this user may not open its socket',
  ECONNRESET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
  ENOTFOUND: 'its name leads to no address',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'no network leads there',
  ENETUNREACH: 'no network leads there',
  ETIMEDOUT: 'it did not answer in time',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or the clock of this computer is slow',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that this computer does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that this computer does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that this computer does not know',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** What a person should hear where a connection failed with one of Node's codes. Pure. */
export function connectionReason(code: string): string {
  return reasons[code] ?? reasonOfKind(code)
}

/** Of these there are many, and what a person can do about them is the same. */
function reasonOfKind(code: string): string {
  if (code.startsWith('HPE_')) return 'it does not speak HTTP'
  return code.startsWith('ERR_SSL_') ? `TLS could not be agreed on with it (${code})` : code
}
