import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer, peerPath } from '../../support/peers.ts'
import { startTunnel } from '../tunnel/house.ts'
import { publicPeers, startPublicWorld } from '../tunnel/public-world.ts'
import { startBrowser } from './house.ts'
import { openTunnel } from './tunnel-house.ts'
import { scan } from './qr.ts'

needsPeer([...publicPeers, 'chromium'], 'the code on the page, for a phone elsewhere', () => {
  it('leads to the public https address, lets one phone in, and the page says who', { timeout: 120_000 }, async () => {
    const world = await startPublicWorld()
    const gateway = await world.startGateway()
    // Beside an app the page takes no token.
    expect(await gateway.xopc(['config', 'unset', 'gateway.upstream.url'])).toMatchObject({ code: 0 })
    expect(await startTunnel(gateway)).toBe(world.url)
    // The owner's browser is on the gateway's computer, which is a network of its own here.
    const inside = join(await tempFolder(), 'chromium')
    await writeFile(inside, `#!/bin/sh\nexec ${world.computers.gateway.prefix.join(' ')} ${peerPath('chromium')} "$@"\n`, { mode: 0o755 })
    const tab = await openTunnel(await startBrowser(inside), gateway)
    const { page } = tab
    await page.getByRole('button', { name: 'Pair a device' }).click()
    await page.locator('svg.qr').waitFor()
    await page.getByRole('tab', { name: 'xopc app' }).click()
    const link = readAppLink((await scan(page)) ?? '')
    expect(link).toMatchObject({ baseUrl: world.url })
    expect(await world.join(link?.secret ?? '')).toMatchObject({ status: 200 })
    await page.getByText(/“Pixel” joined from \S+ by the public tunnel/).waitFor()
    expect(await world.join(link?.secret ?? '')).toMatchObject({ status: 401 })
    expect(tab.said).toEqual([])
  })
})
