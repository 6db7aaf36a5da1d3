import { expect, it } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { openTab, signIn, startBrowser } from './house.ts'
import { beginPairing, focusedWords, joinByLink, tabUntil } from './phone.ts'

needsPeer('chromium', 'devices without a mouse', (executablePath) => {
  it('are renamed and revoked, and the focus is never lost', async () => {
    const gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
    const tab = await openTab(await startBrowser(executablePath), gateway.url)
    const { page } = tab
    const { keyboard } = page
    await signIn(tab, gateway.token)
    for (const name of ['Pixel', 'Tablet']) {
      expect((await joinByLink(await beginPairing(tab), name)).status).toBe(200)
      await page.getByText(`“${name}” joined`).waitFor()
      await page.reload()
      await page.getByRole('button', { name: 'Pair a device' }).waitFor()
    }
    await page.locator('#devices > li').nth(1).waitFor()

    await tabUntil(page, 'Rename Pixel')
    await keyboard.press('Enter')
    expect(await focusedWords(page)).toBe('Name of the device')
    // The old name is selected: what is typed takes its place.
    await keyboard.type('Never')
    await keyboard.press('Escape')
    await expect.poll(() => focusedWords(page)).toBe('Rename Pixel')
    await keyboard.press('Enter')
    await keyboard.type('Anna’s phone')
    await keyboard.press('Enter')
    await expect.poll(() => focusedWords(page)).toBe('Rename Anna’s phone')
    await keyboard.press('Space')
    await keyboard.press('Control+A')
    await keyboard.press('Backspace')
    await keyboard.press('Enter')
    await page.getByText('DEVICE_NAME_INVALID').waitFor()
    expect(await focusedWords(page)).toBe('Name of the device')
    await tabUntil(page, 'Cancel')
    await keyboard.press('Enter')
    await expect.poll(() => focusedWords(page)).toBe('Rename Anna’s phone')

    await keyboard.press('Tab')
    expect(await focusedWords(page)).toBe('Revoke Anna’s phone')
    await keyboard.press('Enter')
    expect(await focusedWords(page)).toBe('Cancel')
    await keyboard.press('Escape')
    await expect.poll(() => focusedWords(page)).toBe('Revoke Anna’s phone')
    await keyboard.press('Enter')
    await keyboard.press('Tab')
    expect(await focusedWords(page)).toBe('Revoke')
    await keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'Anna’s phone' }).waitFor({ state: 'detached' })
    // Its button is gone with the card.
    await expect.poll(() => focusedWords(page)).toBe('main')
    await tabUntil(page, 'Revoke Tablet')
    await keyboard.press('Enter')
    await keyboard.press('Tab')
    await keyboard.press('Enter')
    await page.getByText('No device is paired.').waitFor()
    await expect.poll(() => focusedWords(page)).toBe('main')
    expect(tab.said.filter((line) => !line.includes(' 400 '))).toEqual([])
  })
})
