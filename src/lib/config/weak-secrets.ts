/** Examples that people leave in place, from the documentation of this and of neighbouring tools. */
const known = new Set([
  'change-me-to-a-long-random-token',
  'change-me-now',
  'changeme',
  'change-me',
  'your-secret-token-here',
  'your-token-here',
  'your-secret-here',
  'replace-me-with-a-long-random-token',
  'replace-with-a-long-random-token',
  'my-secret-token',
  'my-secret-token-here',
  'a-long-random-token',
  'long-random-token',
  'some-long-random-token',
  'test-token',
  'my-token',
  'token',
  'secret',
  'password',
  'passw0rd',
  'letmein',
  'admin',
  'default',
  'example',
  'qwerty',
  '123456',
  '12345678',
  '123456789',
  '1234567890',
  '1234567890123456',
  '0123456789abcdef',
  'abcdefghijklmnop',
  'abcdefghijklmnopqrstuvwxyz',
  'abc123',
  'password123',
  'password1234',
  'passwordpassword',
  'secretsecretsecret',
  'supersecretpassword',
  'correcthorsebatterystaple',
  'correct-horse-battery-staple',
])

/** Whether a text stands in for a secret that is hidden: bullets, asterisks, `<redacted>`. */
export function isMaskedText(text: string): boolean {
  return (
    /^[*•●∙·▪⬤xX]{3,}$/u.test(text.trim()) ||
    /^[<[({]+\s*(redacted|masked|hidden|secret)\s*[>\])}]+$/i.test(text.trim()) ||
    /[•●]{3,}/u.test(text)
  )
}

/** Why a secret could be guessed whatever its length: known, or one repeated character; null where it could not. */
export function guessableReason(text: string): string | null {
  if (known.has(text.trim().toLowerCase().replaceAll(/[\s_]/g, '-'))) return 'a well-known example'
  return new Set(text).size <= 1 ? 'one repeated character' : null
}

/** Why a text is no token, or null. */
export function weakTokenReason(text: string): string | null {
  return guessableReason(text) ?? ([...text].length < 16 ? 'shorter than 16 characters' : null)
}

/** Whether a secret is one that xopc makes (128 bits or more): then guessing is hopeless, and comparing needs no limit. */
export function isGenerated(secret: string): boolean {
  return /^[0-9a-f]{48}$/.test(secret)
}
