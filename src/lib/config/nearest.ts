/** The candidate with the fewest edits from `word`, or null where none is close. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.floor(Math.min(word.length, candidate.length) / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  return near[0]?.candidate ?? null
}

/** Insertions, removals, replacements and swaps of neighbours that make one word of the other (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let column = 1; column <= to.length; column++) next.push(cheapest(from, to, line, column, { before, row, next }))
    before = row
    row = next
  }
  return row[to.length] ?? 0
}

interface Rows {
  before: number[]
  row: number[]
  next: number[]
}

function cheapest(from: string, to: string, line: number, column: number, { before, row, next }: Rows): number {
  const at = (cells: number[], index: number): number => cells[index] ?? Number.POSITIVE_INFINITY
  const replaced = at(row, column - 1) + (from[line - 1] === to[column - 1] ? 0 : 1)
  const swapped = from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1] ? at(before, column - 2) + 1 : replaced
  return Math.min(replaced, swapped, at(row, column) + 1, at(next, column - 1) + 1)
}
