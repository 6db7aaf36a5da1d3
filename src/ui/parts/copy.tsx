import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon } from './icon.tsx'

/** How long the button says what happened (ms). */
const SAID_MS = 2000

type Said = 'nothing' | 'copied' | 'denied'

const keys = /Mac OS X/.test(navigator.userAgent) ? '⌘C' : 'Ctrl+C'
const denied = matchMedia('(pointer: coarse)').matches ? 'Selected' : `Press ${keys}`
const labels: Record<Said, string> = { nothing: 'Copy', copied: 'Copied', denied }

/** A command, an address or a few lines, with a button that copies them; where the browser forbids that, it selects them instead. */
export function Copyable({ text, label, block = false }: { text: string; label?: string; block?: boolean }): JSX.Element {
  const code = useRef<HTMLElement>(null)
  return (
    <div class={block ? 'copyable block' : 'copyable'}>
      <code ref={code} tabIndex={block ? 0 : -1}>
        {text}
      </code>
      <CopyButton text={text} label={label ?? text} select={() => selectText(code.current)} />
    </div>
  )
}

/**
 * The button alone, with words that say what is copied; or with `label`, which says it to a screen reader. Where the browser forbids it, `select`
 * selects the text, which without it appears here.
 */
export function CopyButton(given: { text: string; label?: string; words?: string; select?: () => void }): JSX.Element {
  const { text, label, words = labels.nothing, select } = given
  const name = label === undefined ? undefined : `${labels.nothing} ${label}`
  const [said, setSaid] = useState<Said>('nothing')
  const [shown, setShown] = useState(false)
  const code = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    if (said === 'denied') (select ?? (() => selectText(code.current)))()
  }, [said])
  useEffect(() => {
    if (said === 'nothing') return
    const timer = setTimeout(() => setSaid('nothing'), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])

  async function copy(): Promise<void> {
    const copied = await toClipboard(text)
    setShown(!copied && select === undefined)
    setSaid(copied ? 'copied' : 'denied')
  }

  return (
    <>
      <button
        type="button"
        class="small copy"
        data-said={said === 'nothing' ? undefined : said}
        onClick={() => void copy()}
        aria-label={said === 'nothing' ? name : labels[said]}
      >
        <Icon name={said === 'copied' ? 'check' : 'copy'} />
        <span class={label === undefined ? 'copy-word always' : 'copy-word'}>{said === 'nothing' ? words : labels[said]}</span>
      </button>
      {shown && (
        <div class="copyable">
          <code ref={code} tabIndex={-1}>
            {text}
          </code>
        </div>
      )}
    </>
  )
}

/** Whether it is in the clipboard now. Browsers have none for pages over plain http. */
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Undefined, or denied by the person: the text is selected instead, which the button says.
    return false
  }
}

function selectText(element: HTMLElement | null): void {
  if (element === null) return
  getSelection()?.selectAllChildren(element)
}
