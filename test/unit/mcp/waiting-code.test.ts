import { expect, it } from 'vitest'
import { coreErrors } from '../../../src/lib/core/errors.ts'
import type { PairOptions, Xopc } from '../../../src/lib/core/xopc.ts'
import { createWaitingCode } from '../../../src/lib/mcp/waiting-code.ts'
import type { PairingCode } from '../../../src/lib/protocol/pairing-api.ts'

/** A gateway with pairing codes and nothing else. */
function desk() {
  const codes = new Map<string, PairingCode>()
  const asked: (PairOptions | undefined)[] = []
  const find = (id: string): PairingCode => {
    const code = codes.get(id)
    if (code === undefined) throw coreErrors.PAIRING_NOT_FOUND({ id })
    return code
  }
  const parts: Pick<Xopc, 'pair' | 'pairing' | 'cancelPairing'> = {
    async pair(options) {
      asked.push(options)
      const id = `code-${asked.length}`
      const qr = { app: { svg: '<svg>', text: '1' }, browser: null }
      const links = { app: 'xopc://gateway/mobile-connect?ps=secret', browser: null }
      const shown = { id, scopes: ['read', 'run'], name: options?.name ?? null, baseUrl: 'http://a', lanUrl: null, device: null } as const
      const code: PairingCode = { ...shown, scopes: [...shown.scopes], state: 'waiting', expiresAt: 'soon', links, qr }
      // What a newer gateway might add.
      codes.set(id, Object.assign(code, { pin: 'secret' }))
      return code
    },
    pairing: async (id) => find(id),
    cancelPairing: async (id) => void Object.assign(find(id), { state: 'revoked' }),
  }
  // `as`: nothing else is called.
  return { xopc: parts as Xopc, codes, asked }
}

it('tells nothing that lets somebody in, also not of fields that are not known yet', async () => {
  const { xopc } = desk()
  const code = createWaitingCode()
  const shown = [await code.mint(xopc, undefined), await code.look(xopc, 'code-1')]
  expect(JSON.stringify(shown)).not.toContain('secret')
})

it('asks for a name at most, never for more rights or another address', async () => {
  const { xopc, asked, codes } = desk()
  const code = createWaitingCode()
  await code.mint(xopc, 'Pixel')
  codes.clear()
  await code.mint(xopc, undefined)
  expect(asked).toEqual([{ name: 'Pixel' }, {}])
})

it('one code at a time, also of calls that come together; another once it is used', async () => {
  const { xopc, codes, asked } = desk()
  const code = createWaitingCode()
  await Promise.all([code.mint(xopc, 'a'), code.mint(xopc, 'b'), code.mint(xopc, 'c')])
  expect(asked).toEqual([{ name: 'a' }])
  Object.assign(codes.get('code-1') ?? {}, { state: 'used' })
  expect((await code.mint(xopc, 'd')).id).toBe('code-2')
})

it('a refusal does not stand in the way of the next call', async () => {
  const { xopc } = desk()
  const code = createWaitingCode()
  const refusing: Xopc = { ...xopc, pair: async () => await Promise.reject(coreErrors.GATEWAY_LOOPBACK_ONLY()) }
  await expect(code.mint(refusing, undefined)).rejects.toMatchObject({ code: 'GATEWAY_LOOPBACK_ONLY' })
  expect(code.isKept()).toBe(false)
  expect((await code.mint(xopc, undefined)).state).toBe('waiting')
})

it('is taken back', async () => {
  const { xopc, codes } = desk()
  const code = createWaitingCode()
  await code.takeBack(xopc)
  await code.mint(xopc, undefined)
  expect(code.isKept()).toBe(true)
  await code.takeBack(xopc)
  expect([code.isKept(), codes.get('code-1')?.state]).toEqual([false, 'revoked'])
})
