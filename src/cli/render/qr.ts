import type { QrCode } from '../../lib/protocol/pairing-api.ts'

/**
 * Black on white whatever the terminal's colours are: entries of the fixed part of the 256, because the first 16 are what a theme makes of
 * them. The colours are the picture, so they stay under NO_COLOR, too.
 */
const blackOnWhite = '\u001b[38;5;16;48;5;231m'
const reset = '\u001b[0m'

/** Two rows of modules in one line, by upper and lower one. */
const halves: Readonly<Record<string, string>> = { '00': ' ', '10': '▀', '01': '▄', '11': '█' }

/** A QR code for a terminal, with its quiet zone. Pure. */
export function qrLines({ text }: QrCode): string[] {
  const rows = text.split('\n')
  const pairs = rows.flatMap((row, index) => (index % 2 === 0 ? [[row, rows[index + 1] ?? '']] : []))
  return pairs.map(
    ([upper = '', lower = '']) => blackOnWhite + [...upper].map((module, x) => halves[module + (lower[x] ?? '0')]).join('') + reset,
  )
}

/** What a code needs of a terminal, in characters. Pure. */
export function qrSize({ text }: QrCode): { columns: number; rows: number } {
  const rows = text.split('\n')
  return { columns: rows[0]?.length ?? 0, rows: Math.ceil(rows.length / 2) }
}
