import type { Xopc } from '../lib/core/xopc.ts'
import { XopcError } from '../lib/errors/error.ts'
import type { PairingCode } from '../lib/protocol/pairing-api.ts'

const NAME = 'xopc.pairing-code'

/** Which pairing code this tab shows, by its id, so that a page that is loaded anew shows it again. What the code holds is kept nowhere. */
export const keptCode = {
  get: (): string | null => sessionStorage.getItem(NAME),
  set: (id: string): void => sessionStorage.setItem(NAME, id),
  forget: (): void => sessionStorage.removeItem(NAME),
}

/** The code that this tab showed before it was loaded anew, where it still waits and is for that address; else null. Throws what the gateway says. */
export async function resumeCode(client: Xopc, at: string | undefined): Promise<PairingCode | null> {
  const id = keptCode.get()
  if (id === null) return null
  keptCode.forget()
  try {
    const code = await client.pairing(id)
    return code.state === 'waiting' && (at === undefined || code.baseUrl === at) ? code : null
  } catch (error) {
    if (isUnknown(error)) return null
    throw error
  }
}

/** Whether the gateway knows no such code: it keeps them in memory, and may have been started since. */
export function isUnknown(error: unknown): boolean {
  return error instanceof XopcError && error.http === 404
}
