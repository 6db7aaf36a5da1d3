import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AccessId } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { closingLan } from '../own-way.ts'
import { Button, useWork } from './action.tsx'
import type { Danger } from '../danger.ts'
import { DangerDialog } from './dialog.tsx'
import { Problem } from './problem.tsx'

/** Closes a way in; asks first where the page itself came by it. */
export function TurnOff({ id, label, children }: { id: AccessId; label?: string; children: ComponentChildren }): JSX.Element {
  const { gateway, facts } = useHouse()
  const { overview } = useSight()
  const [danger, setDanger] = useState<Danger | null>(null)
  const work = useWork()
  const off = (): Promise<unknown> => gateway.client.disable(id)
  const act = async (): Promise<void> => {
    const closing = id === 'lan' ? closingLan({ origin: location.origin, face: facts.face, overview }) : null
    if (closing === null) await gateway.change(off())
    else setDanger({ ...closing.question, act: () => gateway.closeWay(closing.after, off) })
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
