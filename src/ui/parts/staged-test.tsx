import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { TestOptions } from '../../lib/core/xopc.ts'
import type { Stage, Verdict } from '../../lib/protocol/http-api.ts'
import { Button, useWork } from './action.tsx'
import { Problem } from './problem.tsx'
import { FixBlock, Steps, stepsOf, VerdictLine } from './steps.tsx'

interface Given {
  /** Begins it. */
  test: (options: TestOptions) => Promise<Verdict>
  ended: (verdict: Verdict) => void
  kind?: 'main' | 'plain'
  /** Buttons beside its own. */
  children: ComponentChildren
}

/** The staged test, each stage as it ends. */
export function StagedTest({ test, ended, kind = 'plain', children }: Given): JSX.Element {
  const work = useWork()
  const [stages, setStages] = useState<Stage[] | null>(null)
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const run = async (): Promise<void> => {
    setVerdict(null)
    setStages([])
    try {
      const verdict = await test({ onStage: (stage) => setStages((before) => [...(before ?? []), stage]) })
      setVerdict(verdict)
      setStages(verdict.stages)
      ended(verdict)
    } catch (error) {
      setStages(null)
      throw error
    }
  }
  return (
    <>
      <div class="actions">
        <Button work={work} act={run} kind={kind}>
          Test
        </Button>
        {children}
      </div>
      <Problem error={work.error} />
      {stages !== null && stages.length + (verdict === null ? 1 : 0) > 0 && <Steps steps={stepsOf(stages, verdict === null)} />}
      <div role="status">{verdict !== null && <VerdictLine verdict={verdict} />}</div>
      {verdict !== null && !verdict.ok && verdict.fix !== null && !verdict.stages.some(({ fix }) => fix !== undefined) && (
        <FixBlock fix={verdict.fix} />
      )}
    </>
  )
}
