import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { agoText } from '../words.ts'

/** The time (ms since the epoch), again each second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** How long ago something was. */
export function Ago({ at }: { at: string }): JSX.Element {
  const now = useNow()
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {agoText(at, now)}
    </time>
  )
}
