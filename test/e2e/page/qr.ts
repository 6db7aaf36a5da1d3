import jsqr from 'jsqr'
import type { Page } from 'playwright-core'

/** What a QR code says, read from the pixels of a screenshot of it; null where no decoder could. */
export async function scan(page: Page): Promise<string | null> {
  const shot = await page.locator('svg.qr').screenshot()
  const other = await page.context().newPage()
  try {
    // The browser takes the picture apart, in a tab that has nothing of ours.
    const { width, height, pixels } = await other.evaluate(pixelsOf, shot.toString('base64'))
    return jsqr.default(Uint8ClampedArray.from(pixels), width, height)?.data ?? null
  } finally {
    await other.close()
  }
}

async function pixelsOf(base64: string): Promise<{ width: number; height: number; pixels: number[] }> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  const picture = await createImageBitmap(new Blob([bytes]))
  const canvas = new OffscreenCanvas(picture.width, picture.height)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.drawImage(picture, 0, 0)
  return { width: picture.width, height: picture.height, pixels: [...context.getImageData(0, 0, picture.width, picture.height).data] }
}
