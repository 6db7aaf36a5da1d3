const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
/** Longer than a week is no "for a time": then it is a setting. */
const MOST_MS = 7 * 86_400_000
const LEAST_MS = 10_000

/** `2h`, `90m`, `1h30m`, `45s` in milliseconds, from ten seconds to seven days; null for anything else. Pure. */
export function durationIn(text: string): number | null {
  const parts = /^(?:\d{1,6}[smhd])+$/.test(text) ? [...text.matchAll(/(\d+)([smhd])/g)] : []
  // `as`: the pattern has just these letters.
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0)
  return ms >= LEAST_MS && ms <= MOST_MS ? ms : null
}
