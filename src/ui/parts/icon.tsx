import type { JSX } from 'preact'

/** Every picture of the page, as paths on 20 × 20. */
const shapes = {
  copy: 'M7 7V4h9v9h-3M4 7h9v9H4z',
  check: 'M4 10.5l4 4 8-9',
  cross: 'M5 5l10 10M15 5L5 15',
  warn: 'M10 3l8 14H2zM10 8v4M10 14.5v.5',
  skip: 'M5 10h10',
  open: 'M11 4h5v5M16 4l-7 7M13 11v5H4V7h5',
  clock: 'M10 3a7 7 0 1 0 .01 0M10 6v4l3 2',
  off: 'M10 3a7 7 0 1 0 .01 0M5.5 14.5l9-9',
  theme: 'M10 3a7 7 0 1 0 .01 0M10 3v14M10 6a4 4 0 0 1 0 8',
  dot: 'M10 6a4 4 0 1 0 .01 0',
} as const

/** Name of a picture. */
export type IconName = keyof typeof shapes

/** A picture beside a word that says the same, so a screen reader passes it over. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  )
}
