/** Between two columns. */
const gap = '  '

/**
 * Rows in aligned columns under a header, without lines or boxes, so that a screen reader reads cells. Where a line would be wider than
 * `columns`, each row becomes a block of `header: cell` lines instead. Pure.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[], columns: number): string[] {
  const all = [header, ...rows]
  const widths = header.map((_, index) => Math.max(...all.map((row) => width(row[index] ?? ''))))
  const total = widths.reduce((sum, one) => sum + one + gap.length, -gap.length)
  return total > columns ? rows.flatMap((row) => block(header, row)) : all.map((row) => line(row, widths))
}

/** `name  value` lines with the values under each other. Pure. */
export function pairs(entries: readonly (readonly [name: string, value: string])[]): string[] {
  const widest = Math.max(0, ...entries.map(([name]) => width(name)))
  return entries.map((entry) => line(entry, [widest]))
}

function line(cells: readonly string[], widths: readonly number[]): string {
  const last = cells.length - 1
  return cells
    .map((cell, index) => (index === last ? cell : cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell)))))
    .join(gap)
    .trimEnd()
}

function block(header: readonly string[], row: readonly string[]): string[] {
  return [...header.map((name, index) => `${name}: ${row[index] ?? ''}`), '']
}

function width(text: string): number {
  return [...text].length
}
