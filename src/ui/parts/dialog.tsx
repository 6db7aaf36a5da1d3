import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Danger } from '../danger.ts'
import { Button, useWork } from './action.tsx'
import { Problem } from './problem.tsx'

/** Asks. Focus starts on Cancel, and Esc is Cancel. */
export function DangerDialog({ danger, close }: { danger: Danger; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const here = useRef(true)
  const work = useWork()
  useLayoutEffect(() => {
    const opener = document.activeElement
    const shown = dialog.current
    shown?.showModal()
    here.current = true
    // The focus goes back to where it was; what was done may have taken that away.
    return () => {
      here.current = false
      // Nothing else can have the focus while it is open.
      shown?.close()
      const back = opener instanceof HTMLElement && opener.isConnected ? opener : document.getElementById('main')
      back?.focus()
    }
  }, [])
  const act = async (): Promise<void> => {
    await danger.act()
    close()
  }
  return (
    <dialog
      ref={dialog}
      onCancel={(event) => (event.preventDefault(), close())}
      onClose={() => here.current && close()}
      aria-labelledby="danger-title"
    >
      <h2 id="danger-title">{danger.title}</h2>
      <ul class="sentences">
        {danger.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Problem error={work.error} />
      <div class="actions">
        <button type="button" autofocus onClick={close}>
          Cancel
        </button>
        <Button work={work} act={act} kind="danger">
          {danger.verb}
        </Button>
      </div>
    </dialog>
  )
}
