import { expect, it } from 'vitest'
import { type Area, looksSame } from './picture.ts'
import { decodePng, encodePng, type Picture } from './png.ts'

/** Grey, 20 by 20, with so many pixels from the top left in another one. */
function picture(others: number, grey: number): Picture {
  const rgb = Buffer.alloc(20 * 20 * 3, 100)
  return { width: 20, height: 20, rgb: rgb.fill(grey, 0, others * 3), note: 'Chromium 1' }
}

it.each<[title: string, others: number, grey: number, areas: Area[], same: boolean]>([
  ['with nothing changed', 0, 0, [], true],
  ['with a shade changed everywhere', 400, 110, [], true],
  ['with a handful of pixels changed', 60, 0, [], true],
  ['with a word changed', 61, 0, [], false],
  ['with a change where something moves', 100, 0, [{ x: 0, y: 0, width: 20, height: 5 }], true],
  ['with a change beside what moves', 100, 0, [{ x: 0, y: 0, width: 20, height: 1 }], false],
])('a picture %s', (_title, others, grey, areas, same) => {
  expect(looksSame(picture(0, 0), picture(others, grey), areas)).toBe(same)
})

it('a picture of another size is another one', () => {
  expect(looksSame(picture(0, 0), { ...picture(0, 0), height: 19 }, [])).toBe(false)
})

it('a picture is read as it was written', () => {
  expect(decodePng(encodePng(picture(7, 3)))).toEqual(picture(7, 3))
})
