import type { QrCode } from '../protocol/pairing-api.ts'

/** Light modules around the code; scanners count on at least this many (ISO/IEC 18004, 7.3.7). */
const QUIET = 4

/** A text as a QR code. Loaded when the first one is asked for. Throws nothing for texts of the length of our links. */
export async function qrOf(text: string): Promise<QrCode> {
  const { encode } = await import('uqr')
  // M: a sixth of it may be covered or blurred, at a size that a terminal still shows.
  const { data, size } = encode(text, { ecc: 'M', border: QUIET })
  return { svg: svgOf(data, size), text: data.map((row) => row.map((dark) => (dark ? '1' : '0')).join('')).join('\n') }
}

/** One path for all dark modules; without smoothing, which leaves light seams between them. */
function svgOf(rows: readonly (readonly boolean[])[], size: number): string {
  const dark = rows.flatMap((row, y) => runsOf(row).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`)).join('')
  const attributes = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"`
  return `<svg ${attributes}><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${dark}"/></svg>`
}

/** Neighbouring dark modules of one row: where they begin and how many. */
function runsOf(row: readonly boolean[]): [start: number, length: number][] {
  const runs: [number, number][] = []
  for (const [x, dark] of row.entries()) {
    const last = runs.at(-1)
    if (dark && last !== undefined && last[0] + last[1] === x) last[1] += 1
    else if (dark) runs.push([x, 1])
  }
  return runs
}
