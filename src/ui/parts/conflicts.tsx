import type { JSX } from 'preact'
import type { Conflict, Fix } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { repairOf } from '../repair.ts'
import { Button, useWork, type Work } from './action.tsx'
import { Copyable } from './copy.tsx'
import { Icon } from './icon.tsx'
import { Code, Hint, Problem } from './problem.tsx'

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

function ConflictRow({ conflict: { code, message, fix, otherwise } }: { conflict: Conflict }): JSX.Element {
  const work = useWork()
  return (
    <>
      <p>{message}</p>
      <div class="ways">
        <WayOut fix={fix} known={message} work={work} />
        {otherwise !== undefined && <WayOut fix={otherwise} known={message} work={work} />}
      </div>
      <Problem error={work.error} />
      <Code code={code} />
    </>
  )
}

/** One way out. `known`: what is said already. */
function WayOut({ fix: { title, command }, known, work }: { fix: Fix; known: string; work: Work }): JSX.Element {
  const { gateway, admin } = useHouse()
  const closesAt = useSight().overview?.methods.find(({ id }) => id === 'tailscale')?.closesAt
  const repair = repairOf(command, closesAt)
  if (repair !== null && admin)
    return (
      <Button work={work} act={() => gateway.change(repair.act(gateway.client))}>
        {title}
      </Button>
    )
  return (
    <div>
      {title !== known && <Hint text={title} />}
      {command !== undefined && <Copyable text={command} />}
    </div>
  )
}
