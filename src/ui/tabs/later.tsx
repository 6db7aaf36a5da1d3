import type { JSX } from 'preact'

/** A way in that this version does not have: said in one line, and nothing is drawn as if it worked. */
export function Later({ name, what }: { name: string; what: string }): JSX.Element {
  return (
    <p>
      {name} is not part of this version of xopc. {what} comes with a later one.
    </p>
  )
}
