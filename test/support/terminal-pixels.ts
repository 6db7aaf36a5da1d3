/** An RGBA picture, as decoders of QR codes take it. */
export interface Pixels {
  data: Uint8ClampedArray
  width: number
  height: number
}

/** What a terminal has where a program names no colour. */
export interface Theme {
  text: Rgb
  background: Rgb
}

type Rgb = readonly [red: number, green: number, blue: number]

/** The two kinds of terminal that people have; neither is pure. */
export const themes: Readonly<Record<'dark' | 'light', Theme>> = {
  dark: { text: [204, 204, 204], background: [30, 30, 30] },
  light: { text: [60, 56, 54], background: [253, 246, 227] },
}

/** The colour codes of a sequence (ECMA-48, 8.3.117), or one character. */
const sequenceOrCharacter = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)[A-Za-z]|.`, 'gu')
const cell = { width: 6, height: 12 }
/** The fixed part of the 256 colours, as far as we use it. */
const palette: Readonly<Record<string, Rgb>> = { '16': [0, 0, 0], '231': [255, 255, 255] }

/** Draws what a program printed as a terminal of so many columns shows it: colours, half blocks, and a smaller box for every other character. */
export function terminalPixels(printed: string, { columns, theme }: { columns: number; theme: Theme }): Pixels {
  const lines = printed.replaceAll('\r', '').split('\n')
  const [width, height] = [columns * cell.width, lines.length * cell.height]
  const data = new Uint8ClampedArray(width * height * 4)
  const fill = (left: number, top: number, right: number, bottom: number, [red, green, blue]: Rgb): void => {
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) data.set([red, green, blue, 255], (y * width + x) * 4)
  }
  fill(0, 0, width, height, theme.background)
  for (const [row, line] of lines.entries()) {
    let [text, background, column] = [theme.text, theme.background, 0]
    for (const [whole, codes] of line.matchAll(sequenceOrCharacter)) {
      if (codes !== undefined) {
        ;[text, background] = whole.endsWith('m') ? coloursAfter(codes, [text, background], theme) : [text, background]
        continue
      }
      const [left, top] = [column * cell.width, row * cell.height]
      const [right, bottom, middle] = [left + cell.width, top + cell.height, top + cell.height / 2]
      column += 1
      if (column > columns) break
      fill(left, top, right, bottom, background)
      if (whole === '█') fill(left, top, right, bottom, text)
      else if (whole === '▀') fill(left, top, right, middle, text)
      else if (whole === '▄') fill(left, middle, right, bottom, text)
      else if (whole !== ' ') fill(left + 1, top + 3, right - 1, bottom - 2, text)
    }
  }
  return { data, width, height }
}

/** Throws for a colour that a theme may change: it would not be the same on every terminal. */
function coloursAfter(codes: string, now: [Rgb, Rgb], theme: Theme): [Rgb, Rgb] {
  if (codes === '' || codes === '0') return [theme.text, theme.background]
  const match = /^38;5;(\d+);48;5;(\d+)$/.exec(codes)
  if (match === null) return now
  const [text, background] = [palette[match[1] ?? ''], palette[match[2] ?? '']]
  if (text === undefined || background === undefined) throw new Error(`a colour of the theme: ${codes}`)
  return [text, background]
}
