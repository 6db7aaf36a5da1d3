/** How a number is written. */
export type Unit = 'ms' | 'MiB' | 'KiB' | '/s'

/** What the issue asks of a row: of the ratio, or of our own number. */
export interface Goal {
  of: 'ratio' | 'xopc'
  atMost?: number
  atLeast?: number
}

/** One comparison. */
export interface Row {
  what: string
  xopc: number
  peer: string
  theirs: number
  unit: Unit
  goal?: Goal
}

/** The table as text: ratio first, then the numbers behind it, the goal, and whether it was reached. */
export function renderTable(rows: readonly Row[]): string {
  const lines = [['ratio', 'what', 'xopc', 'peer', '', 'goal', 'reached'], ...rows.map(cells)]
  const widths = lines.reduce((widest, line) => line.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)), [] as number[])
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Whether the row does what its goal asks; null where it has none. */
export function reached({ xopc, theirs, goal }: Row): boolean | null {
  if (goal === undefined) return null
  const value = goal.of === 'ratio' ? xopc / theirs : xopc
  return value <= (goal.atMost ?? Infinity) && value >= (goal.atLeast ?? -Infinity)
}

function cells(row: Row): string[] {
  const { what, xopc, peer, theirs, unit } = row
  return [`${(xopc / theirs).toFixed(2)}×`, what, quantity(xopc, unit), quantity(theirs, unit), peer, goalText(row), reachedText(row)]
}

function reachedText(row: Row): string {
  const is = reached(row)
  return is === null ? '' : is ? 'yes' : 'no'
}

function goalText({ goal, unit }: Row): string {
  if (goal === undefined) return ''
  const [sign, limit] = goal.atMost === undefined ? ['≥', goal.atLeast] : ['≤', goal.atMost]
  return `${sign} ${limit}${goal.of === 'ratio' ? '×' : ` ${unit}`}`
}

function quantity(value: number, unit: Unit): string {
  if (unit === '/s') return `${Math.round(value).toLocaleString('en')}/s`
  return `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`
}
