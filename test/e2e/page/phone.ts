import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import type { Tab } from './house.ts'
import { scan } from './qr.ts'

/** Follows a link of the page, without loading it anew. */
export async function goTo({ page }: Pick<Tab, 'page'>, place: string): Promise<void> {
  await page.evaluate((hash) => void (location.hash = hash), `#/settings/${place}`)
}

/** Asks for a code on the Devices page, for the app; gives what its QR code says. */
export async function beginPairing(tab: Tab): Promise<string> {
  await goTo(tab, 'devices')
  await tab.page.getByRole('button', { name: 'Pair a device' }).click()
  await tab.page.getByRole('tab', { name: 'xopc app' }).click()
  return (await scan(tab.page)) ?? ''
}

/** Brings a scanned app link to its gateway; gives the status and, where it joined, the device's token. */
export async function joinByLink(link: string, deviceName: string): Promise<{ status: number; token: string }> {
  const read = readAppLink(link)
  if (read === null) throw new Error(`no app link: ${link}`)
  const reply = await fetch(`${read.baseUrl}/api/tunnel/exchange-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pairingSecret: read.secret, deviceName, platform: 'android' }),
  })
  // `as`: the reply of an exchange, as far as it is used here.
  const { token = '' } = (await reply.json()) as { token?: string }
  return { status: reply.status, token }
}

/** The words of what has the focus. */
export async function focusedWords(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const { activeElement } = document
    if (!(activeElement instanceof HTMLElement)) return ''
    return activeElement.getAttribute('aria-label') ?? (activeElement.id || activeElement.innerText.trim() || activeElement.tagName)
  })
}

/** Presses Tab until the focus is on something of these words. */
export async function tabUntil(page: Page, words: string): Promise<void> {
  for (let step = 0; step < 80 && (await focusedWords(page)) !== words; step++) await page.keyboard.press('Tab')
  expect(await focusedWords(page)).toBe(words)
}
