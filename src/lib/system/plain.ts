import { hideSecrets, isSecretName, redact } from './redact.ts'

const maxText = 4000
const maxDepth = 6
const maxItems = 100

/** The fields as plain JSON data: bounded, errors spelt out, anything that looks like a secret replaced. Pure; throws nothing. */
export function plainFields(fields: Readonly<Record<string, unknown>>, secrets: readonly string[]): Record<string, unknown> {
  return plainObject(fields, secrets, 0)
}

function plain(value: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof value === 'string') return plainText(value, secrets)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof URL) return plainText(value.href, secrets)
  if (depth >= maxDepth) return '[deep]'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString()
  if (value instanceof Error) return plainError(value, secrets, depth)
  if (value instanceof Set || Array.isArray(value)) return [...value].slice(0, maxItems).map((item) => plain(item, secrets, depth + 1))
  return plainObject(value instanceof Map ? Object.fromEntries<unknown>(value) : value, secrets, depth)
}

function plainText(text: string, secrets: readonly string[]): string {
  const safe = redact(hideSecrets(text, secrets))
  return safe.length <= maxText ? safe : `${safe.slice(0, maxText)}…`
}

function plainObject(object: object, secrets: readonly string[], depth: number): Record<string, unknown> {
  const entries = Object.entries(object).slice(0, maxItems)
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const hidden = isSecretName(name) && value !== null && value !== undefined && typeof value !== 'boolean'
      return [plainText(name, secrets), hidden ? '[redacted]' : plain(value, secrets, depth + 1)]
    }),
  )
}

/** An error with its stack and causes: an unknown one is a bug, and the log is where it is looked for. */
function plainError(error: Error, secrets: readonly string[], depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error
  const code = 'code' in error ? error.code : undefined
  return plainObject({ name, code, message, stack, cause }, secrets, depth)
}
