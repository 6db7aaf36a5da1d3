import type { ComponentChildren, JSX, Ref } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import { HouseContext } from '../context.ts'
import { createStore, useStore } from '../store.ts'

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

interface Looks {
  kind?: 'main' | 'plain' | 'danger' | 'danger-plain'
  label?: string | undefined
  small?: boolean
  /** There is nothing to press it for. */
  off?: boolean
  children: ComponentChildren
}

/** A button that does one thing. It keeps its place and focus while it runs. */
export function Button({ work, act, ...looks }: Looks & { work: Work; act: () => Promise<unknown> }): JSX.Element {
  return <Press {...looks} busy={work.busy} press={() => void work.run(act)} />
}

/** A button towards something that only the gateway can do: while there is none it stays where it is, and does nothing. */
export function Press(given: Looks & { press: () => void; busy?: boolean; own?: Ref<HTMLButtonElement> }): JSX.Element {
  const { press, busy = false, own = null, kind = 'plain', label, small = false, off = false, children } = given
  const offline = useOffline()
  return (
    <button
      ref={own}
      type="button"
      class={small ? `${kind} small` : kind}
      aria-disabled={busy || offline || off}
      aria-busy={busy}
      aria-label={label}
      data-offline={offline || off ? '' : undefined}
      onClick={() => {
        if (!offline && !off) press()
      }}
    >
      {children}
    </button>
  )
}

const nowhere = createStore({ gone: '' })

/** Whether the gateway is gone; outside of the console nobody knows, so it is not. */
export function useOffline(): boolean {
  const house = useContext(HouseContext)
  return useStore<{ gone: string }>(house?.gateway.sight ?? nowhere).gone !== ''
}
