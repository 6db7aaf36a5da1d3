/** A program for tests: supervises the given shell scripts like a gateway, says `name pid` for each that runs, and stays until it is killed. */
import { createSupervisor } from '../../../src/lib/supervisor/supervisor.ts'
import { openState } from '../../../src/lib/state/store.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'

const supervisor = createSupervisor({ state: await openState(process.env), clock: systemClock, log: silentLog })
for (const [index, script] of process.argv.slice(2).entries()) {
  const ready = (line: string) => line === 'ready'
  const onLine = (line: string) => line !== 'ready' && console.log(line)
  const child = supervisor.start({ name: `c${index}`, command: 'sh', args: ['-c', script], ready, onLine })
  await child.ready()
  console.log(`pid ${child.pid()}`)
}
console.log('all')
