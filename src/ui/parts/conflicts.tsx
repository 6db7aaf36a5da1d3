import type { JSX } from 'preact'
import type { Conflict } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { repairOf } from '../repair.ts'
import { Button, useWork } from './action.tsx'
import { Copyable } from './copy.tsx'
import { Icon } from './icon.tsx'
import { Code, Problem } from './problem.tsx'

/** What cannot hold together, each with its way out: a button where the gateway can do it, else what to type. */
export function Conflicts({ conflicts }: { conflicts: readonly Conflict[] }): JSX.Element | null {
  if (conflicts.length === 0) return null
  return (
    <section class="notice warn conflicts" aria-labelledby="conflicts-title">
      <h2 id="conflicts-title">
        <Icon name="warn" /> {conflicts.length === 1 ? 'Something needs you' : `${conflicts.length} things need you`}
      </h2>
      <ul id="conflicts">
        {conflicts.map((conflict) => (
          <li key={conflict.code + conflict.message}>
            <ConflictRow conflict={conflict} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function ConflictRow({ conflict: { code, message, fix } }: { conflict: Conflict }): JSX.Element {
  const { gateway, admin } = useHouse()
  const work = useWork()
  const closesAt = useSight().overview?.methods.find(({ id }) => id === 'tailscale')?.closesAt
  const repair = repairOf(fix.command, closesAt)
  return (
    <>
      <p>{message}</p>
      {repair !== null && admin ? (
        <Button work={work} act={() => gateway.change(repair.act(gateway.client))}>
          {fix.title}
        </Button>
      ) : (
        <>
          {fix.title !== message && <p>{fix.title}</p>}
          {fix.command !== undefined && <Copyable text={fix.command} />}
        </>
      )}
      <Problem error={work.error} />
      <Code code={code} />
    </>
  )
}
