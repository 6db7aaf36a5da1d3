import { bodyOf, requireDone } from '../lib/client/call.ts'
import { sessionKey } from './session-key.ts'
import { transport } from './transport.ts'

const NOTE = 'xopc.note'
const SESSION = '/xopc/api/session'

/** Why a person has to sign in again. */
export const notes = {
  restarted: 'The gateway was started again, which ends every session. Sign in again.',
  ended: 'Your session ended: the token or password was replaced, you signed out elsewhere, or it was too old. Sign in again.',
  revoked: 'The owner took this browser’s access back. To come back, on the gateway’s computer: xopc pair --browser',
  signedOut: 'You are signed out.',
  key: 'Sign in again to change something.',
} as const

/** Sign-in was refused; `until` says when it can be tried again (ms since the epoch). */
export class SignInRefused extends Error {
  readonly until: number | null

  constructor(until: number | null, options: ErrorOptions) {
    super('sign-in was refused', options)
    this.until = until
  }
}

/** Signs in with what a person typed. Throws `SignInRefused`, whose cause is what the gateway said, and what the transport throws. */
export async function signIn(mode: 'token' | 'password', secret: string): Promise<void> {
  // A key of a session that is over would be refused, however good the secret is.
  sessionKey.forget()
  const reply = await transport({ method: 'POST', path: SESSION, body: { [mode]: secret } })
  const wait = Number(reply.headers('retry-after'))
  try {
    const body = await bodyOf(reply, ['sessionKey'])
    // `as`: bodyOf has seen the field.
    sessionKey.set((body as { sessionKey: string }).sessionKey)
  } catch (cause) {
    throw new SignInRefused(wait > 0 ? Date.now() + wait * 1000 : null, { cause })
  }
}

/** Signs in as whom Tailscale names. There is no key to such a session. Throws what the gateway says, and what the transport throws. */
export async function signInByTailscale(): Promise<void> {
  sessionKey.forget()
  await bodyOf(await transport({ method: 'POST', path: SESSION, body: {} }), ['origin'])
}

/** Ends this browser's session. Throws what the gateway says. */
export async function signOut(): Promise<void> {
  await requireDone(await transport({ method: 'DELETE', path: SESSION, body: {} }))
}

/** The gateway decides what this address shows, so the page is asked for anew. Never resolves: nothing follows on this one. */
export function leave(note: string): Promise<never> {
  sessionKey.forget()
  sessionStorage.setItem(NOTE, note)
  location.reload()
  return new Promise(() => {})
}

/** What the page before this one left to say; said once. */
export function takeNote(): string | null {
  const note = sessionStorage.getItem(NOTE)
  sessionStorage.removeItem(NOTE)
  return note
}
