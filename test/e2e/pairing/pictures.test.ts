import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { needsPeer } from '../../support/peers.ts'
import { guidePages, pageText } from '../gateway/guide-blocks.ts'
import { openTab, signIn, type Tab } from '../page/house.ts'
import { runWhileJoining } from './joining.ts'
import { keepPicture } from './picture.ts'
import { openStudio, type Studio } from './studio.ts'

const desk: BrowserContextOptions = {
  viewport: { width: 960, height: 640 },
  colorScheme: 'light',
  ignoreHTTPSErrors: true,
  locale: 'en-GB',
}
const phone: BrowserContextOptions = {
  ...desk,
  viewport: { width: 360, height: 640 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  userAgent: 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
}

/** What is another at every look: the version, times, how long something took, and keys. */
const movingIn = (page: Page): Locator[] => [
  page.locator('.names, .live, .left, svg.qr, #fingerprint'),
  page.locator('p, span').filter({ hasText: / ago|just now|\d m?s\b|signed a fresh challenge|is good until|SHA256:/ }),
]

needsPeer(['netns', 'chromium', 'caddy'], 'the pictures of the guide', (ip, chromium) => {
  let studio: Studio
  beforeAll(async () => {
    studio = await openStudio(ip, chromium)
    await runWhileJoining(studio.computers, 'xopc pair --name Pixel', 'phone')
  })

  /** The owner's own browser at the desk, at a place of the page. */
  async function owner(place: string): Promise<Tab> {
    const tab = await openTab(studio.browser, `${studio.url}/#/settings/${place}`, desk)
    await signIn(tab, studio.token)
    return tab
  }

  it('the tab Reverse proxy, after a test that passed', async () => {
    const { page } = await owner('remote-access?tab=reverse-proxy')
    await page.locator('svg.qr').waitFor()
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText('leads to this gateway.').waitFor()
    expect(await page.locator('.steps > li[data-status=pass]').count()).toBe(9)
    await keepPicture(page, 'reverse-proxy', movingIn(page), page.locator('.card', { hasText: 'leads to this gateway.' }))
    await page.getByRole('button', { name: 'Save as default' }).click()
    await page.getByText('Verified from this computer').waitFor()
  })

  it('a code on the page', async () => {
    const { page } = await owner('devices')
    await page.getByRole('button', { name: 'Pair a device' }).click()
    await page.getByRole('tab', { name: 'xopc app' }).click()
    await page.locator('svg.qr').waitFor()
    await page.getByRole('heading', { name: 'Pixel' }).waitFor()
    await keepPicture(page, 'pair-a-device', movingIn(page))
  })

  it('the page that a scanned link opens, on a small phone', async () => {
    const { stdout } = await studio.computers.run('home', 'xopc pair --browser --timeout 0')
    const { page } = await openTab(studio.browser, /https:\S+\/xopc\/pair#\S+/.exec(stdout)?.[0] ?? '', phone)
    await page.getByRole('button', { name: 'Join' }).waitFor()
    await keepPicture(page, 'join', movingIn(page))
  })

  it('the devices, and the overview with who came', async () => {
    await runWhileJoining(studio.computers, 'xopc pair --browser --name "Kitchen tablet"', 'browser')
    const { page } = await owner('devices')
    await page.getByRole('heading', { name: 'Kitchen tablet' }).waitFor()
    await keepPicture(page, 'devices', movingIn(page))
    await page.getByRole('link', { name: 'Remote access' }).click()
    for (const name of ['Pixel', 'Kitchen tablet']) await page.getByText(`“${name}” came in`).waitFor()
    await keepPicture(page, 'overview', movingIn(page))
  })
})

describe.each(guidePages)('the pictures of docs/guide/%s.md', (guide) => {
  const named = [...pageText(guide).matchAll(/images\/[\w-]+\.png/g)].map(([path]) => path)

  it('are there, and small enough to be loaded by a phone', async () => {
    const files = named.map((path) => join(root, 'docs/guide', path))
    expect(files.filter((file) => !existsSync(file))).toEqual([])
    const sizes = await Promise.all(files.map(async (file) => [file, (await stat(file)).size] as const))
    expect(sizes.filter(([, size]) => size > 150_000)).toEqual([])
  })
})
