import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { AccessState, Finding } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { useHouse, useSight } from '../context.ts'
import { type Step, Steps } from '../parts/steps.tsx'

const ENTRY = 'TAILSCALE_ENTRY'
/** Longer entries are cut. */
const LONGEST = 300

/** How Tailscale is on the gateway's computer, and everything that it serves there, whoever made it. */
export function OnThisComputer({ phase }: Pick<AccessState, 'phase'>): JSX.Element | null {
  const findings = useFindings()
  const entries = findings.filter(({ code }) => code === ENTRY)
  // What is waited for stands above already.
  const steps = findings.filter(({ code, status }) => code !== ENTRY && status !== 'skip' && !(status === 'fail' && phase === 'blocked'))
  // That it is asked for is the state above.
  const shown = steps.filter(({ code }) => code !== 'TAILSCALE_INTENT').map(stepOf)
  if (shown.length + entries.length === 0) return null
  return (
    <>
      <h2>Tailscale on this computer</h2>
      <div class="card">
        {shown.length > 0 && <Steps steps={shown} />}
        {entries.length > 0 && (
          <>
            <h3>What it serves</h3>
            <ul id="served" class="small">
              {entries.map(({ detail }) => (
                <li key={detail}>{cleanText(detail, LONGEST)}</li>
              ))}
            </ul>
          </>
        )}
      </div>
    </>
  )
}

function stepOf({ code, title, status, detail, fix }: Finding): Step {
  return { title, status, detail: cleanText(detail, LONGEST), fix, code }
}

/** Looked at again whenever the page heard something new of the gateway; what was known stays meanwhile. */
function useFindings(): readonly Finding[] {
  const { gateway } = useHouse()
  const { seenAt } = useSight()
  const [findings, setFindings] = useState<readonly Finding[]>([])
  useEffect(() => {
    let wanted = true
    gateway.client.diagnose('tailscale').then(
      (found) => wanted && setFindings(found),
      // The page says by itself that the gateway is gone.
      () => {},
    )
    return () => void (wanted = false)
  }, [gateway, seenAt])
  return findings
}
