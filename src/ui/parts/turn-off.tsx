import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AccessId } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { closing } from '../own-way.ts'
import { Button, useWork, type Work } from './action.tsx'
import type { Danger } from '../danger.ts'
import { DangerDialog } from './dialog.tsx'
import { Problem } from './problem.tsx'

interface Given {
  id: AccessId
  label?: string
  /** Of whoever wants to know whether it is being closed. */
  work?: Work
  children: ComponentChildren
}

/** Closes a way in; asks first where the page itself came by it. */
export function TurnOff({ id, label, work: theirs, children }: Given): JSX.Element {
  const { gateway, facts } = useHouse()
  const { overview } = useSight()
  const [danger, setDanger] = useState<Danger | null>(null)
  const own = useWork()
  const work = theirs ?? own
  const off = (): Promise<unknown> => gateway.client.disable(id)
  const act = async (): Promise<void> => {
    const asks = closing(id, { origin: location.origin, face: facts.face, overview })
    if (asks === null) await gateway.change(off())
    else setDanger({ ...asks.question, act: () => gateway.closeWay(asks.after, off) })
  }
  return (
    <>
      <Button work={work} act={act} label={label}>
        {children}
      </Button>
      <Problem error={work.error} />
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </>
  )
}
