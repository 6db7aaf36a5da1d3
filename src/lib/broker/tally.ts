/** Counts what happens, for `/metrics`. */
export interface Tally {
  /** One more. `labels` as Prometheus writes them: `code="200"`. They are of a fixed set each. */
  add(name: string, labels: string): void
  lines(): string[]
}

/** A tally in memory, from the start of the broker. */
export function createTally(): Tally {
  const counts = new Map<string, Map<string, number>>()
  return {
    add(name, labels) {
      const own = counts.get(name) ?? new Map<string, number>()
      own.set(labels, (own.get(labels) ?? 0) + 1)
      counts.set(name, own)
    },
    lines: () =>
      [...counts].flatMap(([name, own]) => [`# TYPE ${name} counter`, ...[...own].map(([labels, count]) => `${name}{${labels}} ${count}`)]),
  }
}
