import jsqr from 'jsqr'
import { expect, it } from 'vitest'
import { qrOf } from '../../../src/lib/core/qr.ts'

const links = [
  'xopc://gateway/mobile-connect?v=2&sid=1',
  `xopc://gateway/mobile-connect?v=2&sid=${'a'.repeat(36)}&baseUrl=https%3A%2F%2Fgateway.example.com&lanUrl=http%3A%2F%2F192.168.1.5%3A18790&ps=${'x'.repeat(43)}`,
  `https://${'long-name.'.repeat(24)}example.com/xopc/pair#ps=${'x'.repeat(43)}`,
]

/** The modules as pixels, `scale` of them to a side. */
function pixels(dark: (x: number, y: number) => boolean, size: number, scale = 4): [Uint8ClampedArray, number, number] {
  const side = size * scale
  const data = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let at = 0; at < side * side; at++) {
    if (dark(Math.floor((at % side) / scale), Math.floor(at / side / scale))) data.fill(0, at * 4, at * 4 + 3)
  }
  return [data, side, side]
}

it.each(links)('the rows of a code are read by a scanner: %s', async (link) => {
  const rows = (await qrOf(link)).text.split('\n')
  expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([rows.length]))
  expect(jsqr.default(...pixels((x, y) => rows[y]?.[x] === '1', rows.length))?.data).toBe(link)
})

it.each(links)('the picture shows the same modules: %s', async (link) => {
  const { svg, text } = await qrOf(link)
  const drawn = new Set<string>()
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let step = 0; step < Number(length); step++) drawn.add(`${Number(x) + step} ${y}`)
  }
  const wanted = text.split('\n').flatMap((row, y) => [...row].flatMap((module, x) => (module === '1' ? [`${x} ${y}`] : [])))
  expect([...drawn].toSorted()).toEqual(wanted.toSorted())
  expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 \d+ \d+"[^>]*><path fill="#fff"/)
  // Pages have a strict content policy.
  expect(svg).not.toMatch(/style|script|href/)
})

it('four light modules are around it', async () => {
  const rows = (await qrOf('xopc')).text.split('\n')
  for (const edge of [...rows.slice(0, 4), ...rows.slice(-4)]) expect(edge).toMatch(/^0+$/)
  for (const row of rows) expect(row).toMatch(/^0000.*0000$/)
})
