import { bodyOf } from '../lib/client/call.ts'
import { sessionKey } from './session-key.ts'
import { transport } from './transport.ts'

/** Exchanges the code that `xopc ui` put into the fragment for this tab's key; the fragment leaves the history first. Throws what the server says. */
export async function takeUiCode(): Promise<void> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (code === null) return
  history.replaceState(null, '', location.pathname)
  const reply = await transport({ method: 'POST', path: '/xopc/ui/session', body: { code } })
  // `as`: bodyOf has seen the field.
  const { key } = (await bodyOf(reply, ['key'])) as { key: string }
  sessionKey.set(key)
}
