const redacted = '[redacted]'

/** Names of fields and parameters whose value is a secret. */
const secretName = String.raw`(?:[\w-]{0,40}(?:token|ticket|password|passwd|secret|api[_-]?key|private[_-]?key)|ps)`

const patterns: readonly (readonly [RegExp, string])[] = [
  // Userinfo of a URL.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>]*@/giu, `$1${redacted}@`],
  // Header values, as in a copied request.
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|x-(?:xopc-token|api-key|xopc-proxy-secret))(["']?\s*[:=]\s*["']?)[^"'\r\n]+/giu,
    `$1$2${redacted}`,
  ],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/giu, `$1 ${redacted}`],
  // Query strings, fragments and forms.
  [new RegExp(String.raw`(^|[?&#;,\s"'])(${secretName})=[^&\s"'#;,]+`, 'giu'), `$1$2=${redacted}`],
  // Our own credentials, wherever they stand: xopc_dt_…, xopc_sk_…
  [/\b(xopc_[a-z]{2,4}_)[\w-]+/gu, `$1${redacted}`],
  // A generated token is 48 hex digits.
  [/\b[0-9a-f]{48}\b/giu, redacted],
]

const secretKey = new RegExp(
  `^(?:${secretName}|(?:proxy-)?authorization|(?:set-)?cookie|x-(?:xopc-token|api-key|xopc-proxy-secret))$`,
  'iu',
)

/** The text without anything that looks like a credential. Pure; throws nothing. */
export function redact(text: string): string {
  return patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text)
}

/** The text without these secrets, which are known to be ones; what is shorter than four characters is left. Pure. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length >= 4).reduce((rest, secret) => rest.replaceAll(secret, redacted), text)
}

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretKey.test(name)
}
