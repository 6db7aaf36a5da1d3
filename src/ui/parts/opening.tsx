import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { EnableOptions } from '../../lib/core/xopc.ts'
import { XopcError } from '../../lib/errors/error.ts'
import { consentDanger, type PublicWay } from '../consent-danger.ts'
import { useHouse, useSight } from '../context.ts'
import type { Danger } from '../danger.ts'
import { closing } from '../own-way.ts'
import { methodName, sentence } from '../words.ts'
import { Button, useWork, type Work } from './action.tsx'
import { DangerDialog } from './dialog.tsx'
import { Code } from './problem.tsx'

/** How one of two is opened of which only one may be. */
export interface Opening {
  work: Work
  /** Opens it; asks first what has to be asked. Throws what the gateway says. */
  begin(): Promise<void>
  /** What is asked: the agreement, or which of the two. Stands behind the button. */
  questions: JSX.Element | null
}

interface Given {
  options: EnableOptions
  /** Words of the way out that closes the other one. */
  replace: string
  /** Whether the person has to agree first, with the other one closed for it (`replace`) or not; nobody should agree to what is refused anyway. Absent where nobody has to. */
  unagreed?: (replace: boolean) => Promise<boolean>
}

/** The other one of each. */
const rivals = { tailscale: 'tunnel', tunnel: 'tailscale' } as const
const keeps = { tailscale: 'Keep Tailscale', tunnel: 'Keep the public tunnel' } as const
const CONFLICT = 'EXPOSURE_CONFLICT'

/** Opens Tailscale or the public tunnel. Where the other one is on, both ways out are offered; where a person has to agree, that is asked. */
export function useOpening(id: PublicWay, { options, replace: words, unagreed }: Given): Opening {
  const { gateway, facts } = useHouse()
  const { overview } = useSight()
  const [danger, setDanger] = useState<Danger | null>(null)
  const [beside, setBeside] = useState<string | null>(null)
  const work = useWork()
  const other = overview?.methods.find((method) => method.id === rivals[id])

  async function attempt(replace: boolean): Promise<void> {
    if (!replace) setBeside(null)
    // What the page knows already need not be refused first; and a file that asks for both is obeyed in neither.
    const both = overview?.conflicts.find(({ code }) => code === CONFLICT)
    if (!replace && both !== undefined) return setBeside(both.message)
    if (!replace && other?.intended === true)
      return setBeside(`${methodName(other)} is on; only one of Tailscale and the public tunnel is open at a time.`)
    const own = replace ? closing(rivals[id], { origin: location.origin, face: facts.face, overview }) : null
    const enable = (): Promise<unknown> => gateway.client.enable(id, { ...options, ...(replace ? { replace } : {}) })
    const open = async (): Promise<void> => {
      try {
        await (own === null ? gateway.change(enable()) : gateway.closeWay(own.after, enable))
        setBeside(null)
      } catch (error) {
        if (!(error instanceof XopcError) || error.code !== CONFLICT) throw error
        setBeside(error.message)
      }
    }
    const agree = async (): Promise<void> => {
      if ((await unagreed?.(replace)) === true) setDanger(consentDanger(id, gateway, open))
      else await open()
    }
    // The other one goes, by which this page may have come.
    if (own === null) await agree()
    else setDanger({ ...own.question, act: agree })
  }

  return {
    work,
    begin: () => attempt(false),
    questions: (
      <>
        {beside !== null && (
          <div class="notice warn" role="alert">
            <p>{sentence(beside)}</p>
            <div class="actions">
              <Button work={work} act={() => attempt(true)}>
                {words}
              </Button>
              <button type="button" onClick={() => setBeside(null)}>
                {keeps[rivals[id]]}
              </button>
            </div>
            <Code code={CONFLICT} />
          </div>
        )}
        {danger !== null && (
          // Another question is another dialog, whose focus starts on Cancel; one that follows is not closed with the one before.
          <DangerDialog key={danger.title} danger={danger} close={() => setDanger((now) => (now === danger ? null : now))} />
        )}
      </>
    ),
  }
}
