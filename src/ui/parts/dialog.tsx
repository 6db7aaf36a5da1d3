import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Button, useWork } from './action.tsx'
import { Problem } from './problem.tsx'

/** What a person is asked before something dangerous. */
export interface Danger {
  title: string
  /** Sentences that say what will be possible, or gone. */
  sentences: readonly string[]
  /** The verb again: "Revoke all devices". */
  verb: string
  act(): Promise<unknown>
}

/** Asks. Focus starts on Cancel, and Esc is Cancel. */
export function DangerDialog({ danger, close }: { danger: Danger; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const work = useWork()
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const act = async (): Promise<void> => {
    await danger.act()
    close()
  }
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="danger-title">
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
