import jsqr from 'jsqr'
import { describe, expect, it } from 'vitest'
import type { PairCaller } from '../../src/lib/core/xopc.ts'
import { readAppLink } from '../../src/lib/protocol/pairing-link.ts'
import { type House, type Kind, openHouse } from './house.ts'

/** What every implementation does with devices, also where no gateway runs. */
export function describeDevices(kind: Kind): void {
  describe(`devices, ${kind}`, () => {
    it('are listed, the newest first, without what proves their credential', async () => {
      await using house = await openHouse(kind)
      expect(await house.xopc.devices()).toEqual([])
      const phone = await house.join('Phone')
      const tablet = await house.join('Tablet')
      const list = await house.xopc.devices()
      expect(list.map(({ id }) => id).toSorted()).toEqual([phone.id, tablet.id].toSorted())
      expect(list.find(({ id }) => id === phone.id)).toEqual({
        id: phone.id,
        name: 'Phone',
        platform: 'android',
        kind: 'app',
        scopes: ['read', 'run'],
        baseUrl: 'https://gateway.test',
        pairedAt: phone.pairedAt,
        lastSeenAt: null,
        lastIp: null,
        lastIngress: null,
      })
    })

    it('get other names, without what nobody sees', async () => {
      await using house = await openHouse(kind)
      const { id } = await house.join('Phone')
      expect(await house.xopc.renameDevice(id, ' Anna\u202e’s\u001b[31m phone ')).toMatchObject({ id, name: 'Anna’s phone' })
      expect(await house.xopc.devices()).toMatchObject([{ id, name: 'Anna’s phone' }])
      for (const bad of ['', '\u200b', 'x'.repeat(65)]) {
        await expect(house.xopc.renameDevice(id, bad)).rejects.toMatchObject({ code: 'DEVICE_NAME_INVALID', http: 400 })
      }
      expect(await house.xopc.devices()).toMatchObject([{ name: 'Anna’s phone' }])
    })

    it('are revoked, one or all', async () => {
      await using house = await openHouse(kind)
      const [phone] = [await house.join('Phone'), await house.join('Tablet'), await house.join('Laptop')]
      await house.xopc.revokeDevice(phone.id)
      await expect(house.xopc.revokeDevice(phone.id)).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND', http: 404 })
      expect((await house.xopc.devices()).map(({ name }) => name).toSorted()).toEqual(['Laptop', 'Tablet'])
      expect(await house.xopc.revokeDevices()).toBe(2)
      expect(await house.xopc.devices()).toEqual([])
      expect((await house.xopc.audit(10)).filter(({ event }) => event === 'PairAudit.revoked')).toHaveLength(3)
    })
  })
}

/** Pairing codes need a running gateway; `live` and every client must agree. */
export function describePairing(kind: Exclude<Kind, 'offline'>): void {
  /** Opens the local network; null on a computer that has none, where nothing can be paired. */
  async function onLan(house: House): Promise<string | null> {
    const state = await house.xopc.enable('lan', { wait: true })
    if (state.phase === 'blocked') return expect(state.needs.code).toBe('LAN_NO_ADDRESS') as unknown as null
    return (await house.xopc.pairContext()).recommended
  }

  describe(`pairing codes, ${kind}`, () => {
    it('are not minted while only this computer reaches the gateway', async () => {
      await using house = await openHouse(kind)
      await expect(house.xopc.pair()).rejects.toMatchObject({
        code: 'GATEWAY_LOOPBACK_ONLY',
        http: 409,
        hint: expect.stringContaining('xopc lan on'),
      })
      expect(await house.xopc.pairContext()).toMatchObject({ recommended: null, blockReason: 'GATEWAY_LOOPBACK_ONLY' })
    })

    it('are not minted for an address that leads elsewhere, and the reason is said', async () => {
      await using house = await openHouse(kind)
      await house.xopc.enable('proxy', { url: 'https://gateway.invalid', wait: true })
      const refused = { code: 'NO_REACHABLE_URL', http: 409, message: expect.stringContaining('proxy'), hint: expect.any(String) }
      await expect(house.xopc.pair()).rejects.toMatchObject(refused)
      expect(await house.xopc.pairContext()).toMatchObject({
        candidates: expect.arrayContaining([
          { kind: 'reverse-proxy', url: 'https://gateway.invalid', reachable: false, note: expect.any(String) },
        ]),
        blockReason: 'NO_REACHABLE_URL',
      })
      await expect(house.xopc.pair({ baseUrl: 'https://gateway.invalid' })).rejects.toMatchObject({
        code: 'DNS_OR_CONN_REFUSED',
        http: 409,
      })
    })

    it('hold the address of the network, and a scanner reads their link', async () => {
      await using house = await openHouse(kind)
      const url = await onLan(house)
      if (url === null) return
      const code = await house.xopc.pair({ name: 'Phone' })
      expect(code).toMatchObject({ state: 'waiting', baseUrl: url, lanUrl: null, name: 'Phone', scopes: ['read', 'run'], device: null })
      const { links, qr } = code
      expect([scanned(qr?.app.text), scanned(qr?.browser?.text)]).toEqual([links?.app, links?.browser])
      expect(readAppLink(links?.app ?? '')).toMatchObject({ id: code.id, baseUrl: url })
      expect(await house.xopc.pairing(code.id)).toEqual(code)
    })

    it('hold nothing of the owner’s token (A60)', async () => {
      await using house = await openHouse(kind)
      if ((await onLan(house)) === null) return
      for (const admin of [false, true]) expect(JSON.stringify(await house.xopc.pair({ admin }))).not.toContain(house.token)
    })

    it('are taken back, and then show no secret', async () => {
      await using house = await openHouse(kind)
      if ((await onLan(house)) === null) return
      const { id } = await house.xopc.pair()
      await house.xopc.cancelPairing(id)
      expect(await house.xopc.pairing(id)).toMatchObject({ state: 'revoked', links: null, qr: null })
      await house.xopc.cancelPairing(id)
    })

    it('are nobody’s who did not mint them', async () => {
      await using house = await openHouse('live')
      if ((await onLan(house)) === null) return
      const { id } = await house.xopc.pair()
      const other: PairCaller = { id: 'device:7', scopes: new Set(['read', 'run', 'pair', 'admin']), seenAs: null }
      await expect(house.xopc.pairing(id, other)).rejects.toMatchObject({ code: 'PAIRING_NOT_FOUND' })
      await expect(house.xopc.cancelPairing(id, other)).rejects.toMatchObject({ code: 'PAIRING_NOT_FOUND' })
      expect(await house.xopc.pairing(id)).toMatchObject({ state: 'waiting' })
    })

    it('an event tells that a device was thrown out', async () => {
      await using house = await openHouse(kind)
      const { id } = await house.join('Phone')
      const abort = new AbortController()
      for await (const { type, data } of house.xopc.events(abort.signal)) {
        if (type === 'connected') await house.xopc.revokeDevice(id)
        if (type !== 'device.revoked') continue
        expect(data).toEqual({ id, name: 'Phone' })
        abort.abort()
      }
      expect(abort.signal.aborted).toBe(true)
    })

    it('an event tells that a device comes from a network that it never came from', async () => {
      await using house = await openHouse(kind)
      const phone = await house.join('Phone')
      const abort = new AbortController()
      for await (const { type, data } of house.xopc.events(abort.signal)) {
        if (type === 'connected') for (const ip of ['192.168.1.5', '192.168.1.6', '203.0.113.9']) house.comes(phone, ip)
        if (type !== 'device.network') continue
        expect(data).toEqual({ id: phone.id, name: 'Phone', ip: '203.0.113.9', ingress: 'lan' })
        abort.abort()
      }
      expect(await house.xopc.devices()).toMatchObject([{ lastIp: '203.0.113.9', lastIngress: 'lan', lastSeenAt: expect.any(String) }])
      expect((await house.xopc.audit(10)).filter(({ event }) => event === 'PairAudit.network')).toHaveLength(1)
    })

    it('the tunnel is told of in its full form, as not there', async () => {
      await using house = await openHouse(kind)
      expect(await house.xopc.tunnelStatus()).toMatchObject({
        enabled: false,
        state: 'disconnected',
        publicUrl: null,
        config: { autoStart: false, brokerUrl: 'https://frp.xopc.ai/api' },
        consentRequired: true,
        consent: { acceptedVersion: null, valid: false },
        registrationSecret: { configured: false, source: 'none' },
      })
    })
  })
}

/** What a scanner reads from the modules of a code. */
function scanned(text = ''): string | undefined {
  const rows = text.split('\n')
  const side = rows.length * 4
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let at = 0; at < side * side; at++) {
    if (rows[Math.floor(at / side / 4)]?.[Math.floor((at % side) / 4)] === '1') pixels.fill(0, at * 4, at * 4 + 3)
  }
  return jsqr.default(pixels, side, side)?.data
}
