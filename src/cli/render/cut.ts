/**
 * A line that stays within `columns`, its end cut where it must be. Some characters take two cells: every far one counts as such, so that no line
 * reaches the edge. Pure.
 */
export function cut(line: string, columns: number): string {
  const cells = (text: string): number => [...text].reduce((sum, each) => sum + ((each.codePointAt(0) ?? 0) > 0x10ff ? 2 : 1), 0)
  if (cells(line) < columns) return line
  const kept = [...line]
  while (kept.length > 0 && cells(kept.join('')) > columns - 3) kept.pop()
  return `${kept.join('').trimEnd()}…`
}
