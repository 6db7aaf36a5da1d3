import type { JSX } from 'preact'
import { Problem } from '../parts/problem.tsx'

/** What `xopc ui` shows to a tab that may not come in. */
export function UiClosed({ error }: { error: unknown }): JSX.Element {
  return (
    <main class="narrow">
      <h1>Settings</h1>
      <Problem error={error} />
    </main>
  )
}
