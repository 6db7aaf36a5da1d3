import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, type Request, chromium } from 'playwright-core'
import { expect } from 'vitest'
import { atEnd } from '../../support/cleanup.ts'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A tab, and everything that its console said so far: `error: text (address)`. */
export interface Tab {
  page: Page
  said: string[]
}

/** Starts a browser, with more flags if need be; it ends after the last test of the file. */
export async function startBrowser(executablePath: string, more: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: [...flags, ...more] })
  atEnd(() => browser.close())
  return browser
}

/** A tab of a person of their own (no cookies from before), as wide as a small phone unless told otherwise. */
export async function openTab(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
  return anotherTab(await browser.newContext({ viewport: { width: 360, height: 700 }, ...options }), url)
}

/** One more tab of the same person. */
export async function anotherTab(context: BrowserContext, url: string): Promise<Tab> {
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', (message) => {
    // Other tests make and take away network interfaces, and Chromium cuts off what runs then.
    if (!message.text().includes(CUT)) said.push(`${message.type()}: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => said.push(`error: ${error.message}`))
  page.setDefaultTimeout(15_000)
  await arrive(page, url)
  return { page, said }
}

const parts: ReadonlySet<string> = new Set(['document', 'script', 'stylesheet'])
const CUT = 'net::ERR_NETWORK_CHANGED'

/** Opens the page, again where the network of this computer changed while it came. */
async function arrive(page: Page, url: string, attempts = 5): Promise<void> {
  let cut = false
  const look = (request: Request): void => {
    if (request.failure()?.errorText === CUT && parts.has(request.resourceType())) cut = true
  }
  page.on('requestfailed', look)
  try {
    await page.goto(url)
  } catch (error) {
    if (!(error instanceof Error && error.message.includes(CUT))) throw error
    cut = true
  } finally {
    page.off('requestfailed', look)
  }
  if (cut && attempts > 1) await arrive(page, url, attempts - 1)
}

/** Types the secret and presses Enter; the field has the focus by itself. */
export async function typeSecret({ page }: Tab, secret: string): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('secret')
  await page.keyboard.type(secret)
  await page.keyboard.press('Enter')
}

/** Resolves when the page shows a gateway that it is connected to. */
export async function isLive({ page }: Tab): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor()
}

/** Signs in and waits for what a person sees then. */
export async function signIn(tab: Tab, secret: string): Promise<void> {
  await typeSecret(tab, secret)
  await isLive(tab)
}
