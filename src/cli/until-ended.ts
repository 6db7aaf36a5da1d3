const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborts when the person or the system ends this command (Ctrl-C, TERM, the terminal closed), which then ends in its own way. */
export function endSignal(): AbortSignal {
  const ended = new AbortController()
  // The second one of a kind is not caught any more: it ends the process, whatever hangs.
  for (const name of signals) process.once(name, () => ended.abort())
  return ended.signal
}

/** Resolves when a signal aborts. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
