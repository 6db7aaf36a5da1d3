import type { JSX } from 'preact'

/** Of a side, in pixels. */
const LEAST = 216

/** A QR code from its modules (one line for each row, `1` is dark), drawn on white in both themes, each as many whole pixels wide as the others. The markup is ours: none is taken from a reply. */
export function Qr({ modules, label }: { modules: string; label: string }): JSX.Element {
  const rows = modules.split('\n')
  const path = rows.flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map(({ 0: run, index }) => `M${index} ${y}h${run.length}v1h-${run.length}z`),
  )
  const size = rows.length * Math.ceil(LEAST / rows.length)
  return (
    <svg
      class="qr"
      width={size}
      height={size}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect width={rows.length} height={rows.length} fill="#fff" />
      <path d={path.join('')} fill="#000" />
    </svg>
  )
}
