import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { root } from '../../support/build.ts'
import { decodePng, encodePng, type Picture } from './png.ts'

/** A part of a picture, in its own pixels. */
export interface Area {
  x: number
  y: number
  width: number
  height: number
}

/** A colour may be off by this much (0 to 255) before its pixel counts as another, and so many others are still the same picture. */
const tolerance = { colour: 24, pixels: 60 }
/** What stands beside a part that moves may move with it, in CSS pixels. */
const margin = 4

/**
 * Takes a picture of what the tab shows, down to `last`, and keeps it in docs/guide/images. The rule, so that tests on an unchanged tree leave the tree unchanged: it is
 * written where there is none, and where the one that is there was drawn by the same Chromium with the same fonts and looks different: more than a handful
 * of pixels have another colour, not counting the parts that `moving` finds, such as QR codes, times, keys and versions. A picture that another Chromium or
 * other fonts drew says nothing about the page, so it stays; whoever wants it anew deletes it.
 */
export async function keepPicture(page: Page, name: string, moving: readonly Locator[], last = page.locator('main')): Promise<void> {
  const path = join(root, 'docs/guide/images', `${name}.png`)
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    scrollTo(0, 0)
  })
  await endAfter(page, last)
  const areas = await areasOf(page, moving)
  const taken = await pictureOf(page)
  const before = existsSync(path) ? decodePng(await readFile(path)) : null
  if (before !== null && (before.note !== taken.note || looksSame(before, taken, areas))) return
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, encodePng(taken))
}

/** Makes the window so high that this is the last that is seen. */
async function endAfter(page: Page, last: Locator): Promise<void> {
  const box = await last.boundingBox()
  const width = page.viewportSize()?.width ?? 0
  if (box !== null) await page.setViewportSize({ width, height: Math.ceil(box.y + box.height) + 16 })
}

/** Whether two pictures are of the same, outside of the areas. Pure. */
export function looksSame(one: Picture, two: Picture, areas: readonly Area[]): boolean {
  if (one.width !== two.width || one.height !== two.height) return false
  let others = 0
  for (let at = 0; at < one.rgb.length && others <= tolerance.pixels; at += 3) {
    if (!isOther(one.rgb, two.rgb, at)) continue
    const [x, y] = [(at / 3) % one.width, Math.floor(at / 3 / one.width)]
    if (!areas.some((area) => x >= area.x && y >= area.y && x < area.x + area.width && y < area.y + area.height)) others++
  }
  return others <= tolerance.pixels
}

function isOther(one: Buffer, two: Buffer, at: number): boolean {
  return [0, 1, 2].some((part) => Math.abs((one[at + part] ?? 0) - (two[at + part] ?? 0)) > tolerance.colour)
}

async function areasOf(page: Page, moving: readonly Locator[]): Promise<Area[]> {
  const scale = await page.evaluate(() => devicePixelRatio)
  const found = await Promise.all(moving.map((each) => each.all()))
  const boxes = await Promise.all(found.flat().map((each) => each.boundingBox()))
  return boxes.flatMap((box) => (box === null ? [] : [grown(box, scale)]))
}

function grown({ x, y, width, height }: Area, scale: number): Area {
  return { x: (x - margin) * scale, y: (y - margin) * scale, width: (width + 2 * margin) * scale, height: (height + 2 * margin) * scale }
}

/** Off by one at most, which nobody sees, and which makes a file smaller by a sixth. */
const coarse = (value: number): number => Math.round(value / 3) * 3

/** A screenshot. Another tab takes it apart, which has nothing of ours. */
async function pictureOf(page: Page): Promise<Picture> {
  const shot = await page.screenshot({ animations: 'disabled' })
  const note = await drawnBy(page)
  const other = await page.context().newPage()
  try {
    const { width, height, base64 } = await other.evaluate(pixelsOf, shot.toString('base64'))
    const rgba = Buffer.from(base64, 'base64')
    const rgb = Buffer.alloc(width * height * 3)
    for (let at = 0; at < rgb.length; at++) rgb[at] = coarse(rgba[at + Math.floor(at / 3)] ?? 0)
    return { width, height, rgb, note }
  } finally {
    await other.close()
  }
}

/** Runs in the browser. */
async function pixelsOf(png: string): Promise<{ width: number; height: number; base64: string }> {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0))
  const picture = await createImageBitmap(new Blob([bytes]))
  const { width, height } = picture
  const context = new OffscreenCanvas(width, height).getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.drawImage(picture, 0, 0)
  const { data } = context.getImageData(0, 0, width, height)
  const url = await new Promise<string>((resolve) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(String(reader.result)))
    reader.readAsDataURL(new Blob([data]))
  })
  return { width, height, base64: url.slice(url.indexOf(',') + 1) }
}

/** Who draws the letters: the browser, and how wide they are with the fonts of this computer. */
async function drawnBy(page: Page): Promise<string> {
  const widths = await page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d')
    const { fontFamily } = getComputedStyle(document.body)
    return [`15px ${fontFamily}`, `600 20px ${fontFamily}`, '13px monospace'].map((font) => {
      if (context === null) return 0
      context.font = font
      return context.measureText('The quick brown fox jumps over 1234567890 lazy dogs').width
    })
  })
  return `Chromium ${page.context().browser()?.version() ?? ''}, ${widths.map((width) => width.toFixed(2)).join(', ')}`
}
