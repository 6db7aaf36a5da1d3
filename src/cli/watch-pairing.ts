import type { Xopc } from '../lib/core/xopc.ts'
import { XopcError } from '../lib/errors/error.ts'
import type { PairingCode } from '../lib/protocol/pairing-api.ts'

/** How a code is waited for. */
export interface PairingWatch {
  /** No longer than this, in milliseconds; a code ends by itself, too. */
  limitMs: number
  /** Ctrl-C. */
  signal: AbortSignal
}

/** After the code's own end, so that the gateway has noticed it, too (ms). */
const MARGIN_MS = 250
/** Before a stream that broke off is asked for anew (ms). */
const AGAIN_MS = 500

/**
 * Waits by events until somebody joined, the code is over or the time is; what is still unused then is taken back. Gives the code as it ended.
 * Throws what the gateway says, and what reaching it throws where it is gone: the code is gone with it.
 */
export async function watchPairing(xopc: Xopc, minted: PairingCode, { limitMs, signal }: PairingWatch): Promise<PairingCode> {
  const untilEnd = Date.parse(minted.expiresAt) - Date.now() + MARGIN_MS
  const time = AbortSignal.timeout(Math.max(0, Math.min(limitMs, untilEnd)))
  const stop = AbortSignal.any([time, signal])
  const code = await untilSettled(xopc, minted, stop)
  return code.state === 'waiting' ? await takeBack(xopc, code) : code
}

async function untilSettled(xopc: Xopc, minted: PairingCode, stop: AbortSignal): Promise<PairingCode> {
  for (;;) {
    for await (const { type } of xopc.events(stop)) {
      // Every stream begins with `connected`: what happened before it is seen by asking once.
      if (type !== 'connected' && type !== 'device.paired') continue
      const code = await xopc.pairing(minted.id)
      if (isOver(code) || (type === 'device.paired' && code.state === 'used')) return code
    }
    const code = await xopc.pairing(minted.id)
    if (stop.aborted || isOver(code)) return code
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** A code is used up before its device is saved; `device.paired` comes after both. */
function isOver({ state, device }: PairingCode): boolean {
  return state === 'used' ? device !== null : state !== 'waiting'
}

/** Somebody may join in the moment of taking it back: what counts is how the code ended. */
async function takeBack(xopc: Xopc, { id }: PairingCode): Promise<PairingCode> {
  try {
    await xopc.cancelPairing(id)
  } catch (error) {
    if (!(error instanceof XopcError) || error.code !== 'PAIRING_NOT_FOUND') throw error
  }
  return await xopc.pairing(id)
}
