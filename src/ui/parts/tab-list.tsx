import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** One tab: its name in the address, and its words. */
export interface Tab<Name extends string> {
  name: Name
  words: string
}

/** How far each key goes. */
const moves: Record<string, (at: number, count: number) => number> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
}

/** A row of tabs: one stop for the Tab key, arrows within it (WAI-ARIA, tabs pattern). `id` names the panel's element, too. */
export function TabList<Name extends string>(given: {
  id: string
  label: string
  tabs: readonly Tab<Name>[]
  current: Name
  choose: (name: Name) => void
}): JSX.Element {
  const { id, label, tabs, current, choose } = given
  const list = useRef<HTMLDivElement>(null)

  // On a narrow screen the row scrolls, and the chosen tab must be seen.
  useEffect(() => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [current])

  function move(event: KeyboardEvent): void {
    const at = tabs.findIndex(({ name }) => name === current)
    const next = moves[event.key]?.(at, tabs.length)
    const tab = next === undefined ? undefined : tabs[next]
    if (next === undefined || tab === undefined) return
    event.preventDefault()
    choose(tab.name)
    list.current?.querySelectorAll('button')[next]?.focus()
  }

  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map(({ name, words }) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`${id}-${name}`}
          aria-selected={name === current}
          aria-controls={`${id}-panel`}
          tabIndex={name === current ? 0 : -1}
          onClick={() => choose(name)}
        >
          {words}
        </button>
      ))}
    </div>
  )
}
