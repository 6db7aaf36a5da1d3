import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

/** What runs, and how it went. */
export interface Work {
  busy: boolean
  error: unknown
  /** Does it unless something is running already. Throws nothing: what goes wrong is in `error`. */
  run(what: () => Promise<unknown>): Promise<void>
}

/** One thing at a time, with its error. */
export function useWork(): Work {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const here = useRef(true)
  useEffect(() => {
    here.current = true
    return () => void (here.current = false)
  }, [])

  async function run(what: () => Promise<unknown>): Promise<void> {
    if (busy) return
    setBusy(true)
    setError(null)
    try {
      await what()
    } catch (error) {
      if (here.current) setError(error)
    } finally {
      if (here.current) setBusy(false)
    }
  }

  return { busy, error, run }
}

/** A button that does one thing. It keeps its place and focus while it runs. */
export function Button(given: {
  work: Work
  act: () => Promise<unknown>
  kind?: 'main' | 'plain' | 'danger'
  label?: string
  small?: boolean
  children: ComponentChildren
}): JSX.Element {
  const { work, act, kind = 'plain', label, small = false, children } = given
  return (
    <button
      type="button"
      class={small ? `${kind} small` : kind}
      aria-disabled={work.busy}
      aria-busy={work.busy}
      aria-label={label}
      onClick={() => void work.run(act)}
    >
      {children}
    </button>
  )
}
