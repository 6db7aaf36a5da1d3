import { bodyOf } from '../lib/client/call.ts'
import type { ErrorInfo } from '../lib/errors/error.ts'
import { sessionKey } from './session-key.ts'
import { transport } from './transport.ts'

/** What a tab is told that has neither key nor code. */
const noKey: ErrorInfo = {
  code: 'UI_KEY_MISSING',
  message: 'This tab has no key to the settings page, so it is told nothing.',
  hint: 'Open it anew: xopc ui',
}

/** Exchanges the code that `xopc ui` put into the fragment for this tab's key; the fragment leaves the history first. Gives why it has none, or null. */
export async function takeUiCode(): Promise<unknown> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (code === null) return sessionKey.get() === null ? noKey : null
  history.replaceState(null, '', location.pathname)
  try {
    const reply = await transport({ method: 'POST', path: '/xopc/ui/session', body: { code } })
    // `as`: bodyOf has seen the field.
    const { key } = (await bodyOf(reply, ['key'])) as { key: string }
    sessionKey.set(key)
    return null
  } catch (error) {
    return error
  }
}
