import type { Xopc } from '../core/xopc.ts'
import { XopcError } from '../errors/error.ts'
import type { PairingCode } from '../protocol/pairing-api.ts'
import { createInTurn } from '../system/in-turn.ts'

/** A pairing code without what lets somebody in by it. */
export type ShownCode = Omit<PairingCode, 'links' | 'qr'>

/** The one pairing code that a model may have waiting. */
export interface WaitingCode {
  /** The code that waits, or a new one. Throws what `Xopc.pair` throws. */
  mint(xopc: Xopc, name: string | undefined): Promise<ShownCode>
  /** The code as it is now. Throws `PAIRING_NOT_FOUND`. */
  look(xopc: Xopc, id: string): Promise<ShownCode>
  /** Whether one was made that may still wait. */
  isKept(): boolean
  /** Takes it back. Throws what `Xopc.cancelPairing` throws. */
  takeBack(xopc: Xopc): Promise<void>
}

/**
 * One code at a time: the gateway remembers sixteen of whoever makes them, and a model that makes more would push out the one that a person is
 * just scanning.
 */
export function createWaitingCode(): WaitingCode {
  let kept: string | null = null
  const inTurn = createInTurn()

  async function mint(xopc: Xopc, name: string | undefined): Promise<ShownCode> {
    const last = kept === null ? null : await unlessGone(xopc, kept)
    if (last?.state === 'waiting') return last
    // Never `admin`, and no address: what was not asked for here cannot be asked for.
    const code = await xopc.pair(name === undefined ? {} : { name })
    kept = code.id
    return withoutSecret(code)
  }

  return {
    mint: async (xopc, name) => await inTurn(async () => await mint(xopc, name)),
    look: async (xopc, id) => withoutSecret(await xopc.pairing(id)),
    isKept: () => kept !== null,
    async takeBack(xopc) {
      if (kept !== null) await xopc.cancelPairing(kept)
      kept = null
    },
  }
}

/** Codes end with the gateway that made them. */
async function unlessGone(xopc: Xopc, id: string): Promise<ShownCode | null> {
  try {
    return withoutSecret(await xopc.pairing(id))
  } catch (error) {
    if (error instanceof XopcError && error.code === 'PAIRING_NOT_FOUND') return null
    throw error
  }
}

/** Names what may be shown, so that a field which a newer gateway adds stays out. */
function withoutSecret({ id, state, expiresAt, scopes, name, baseUrl, lanUrl, device }: PairingCode): ShownCode {
  return { id, state, expiresAt, scopes, name, baseUrl, lanUrl, device }
}
