const NAME = 'xopc.session-key'
/** How long another tab has to hand over its key (ms). */
const HAND_OVER_MS = 300

/** What another tab may say; only pages of this origin hear it, and without an upstream those are all ours. */
type Word = { asks: true } | { key: string }

/** The half of a browser session that a page has to send itself: without it the cookie only lets it look. */
export const sessionKey = {
  get: (): string | null => sessionStorage.getItem(NAME),
  set: (key: string): void => sessionStorage.setItem(NAME, key),
  forget: (): void => sessionStorage.removeItem(NAME),
  header(): Record<string, string> {
    const key = sessionKey.get()
    return key === null ? {} : { 'x-xopc-token': key }
  },
}

/** Answers other tabs of this browser that ask for the key. */
export function lendKey(): void {
  const channel = openChannel()
  channel.addEventListener('message', ({ data }: MessageEvent<Word>) => {
    const key = sessionKey.get()
    if ('asks' in data && key !== null) say(channel, { key })
  })
}

/** Takes the key from another tab, where this one has none. Resolves when there is one or nobody has answered. */
export async function borrowKey(): Promise<void> {
  if (sessionKey.get() !== null) return
  const channel = openChannel()
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, HAND_OVER_MS)
    channel.addEventListener('message', ({ data }: MessageEvent<Word>) => {
      if (!('key' in data)) return
      sessionKey.set(data.key)
      clearTimeout(timer)
      resolve()
    })
    say(channel, { asks: true })
  })
  channel.close()
}

/** A channel reaches pages of this origin only; there is no other origin to name. */
function say(channel: BroadcastChannel, word: Word): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is of windows
  channel.postMessage(word)
}

function openChannel(): BroadcastChannel {
  return new BroadcastChannel(NAME)
}
