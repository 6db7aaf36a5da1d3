import { figure, type Bench } from './figure.ts'
import { gatewayProgram, launcher, xopcEnv } from './gateway.ts'
import { interleave, median, timeNode } from './measure.ts'
import type { Goal, Row } from './table.ts'

const ROUNDS = 30

const goals: Record<string, Goal | undefined> = {
  'xopc --version': { of: 'ratio', atMost: 1.3 },
  'xopc status --json, no gateway': { of: 'ratio', atMost: 2.5 },
  'xopc status --json, one running': { of: 'ratio', atMost: 2.5 },
}

await figure(`Start-up: whole process, median of ${ROUNDS}, interleaved`, async (bench) => {
  const times = await interleave({ rounds: ROUNDS, warmUp: 3 }, await commands(bench))
  const { 'node -e 0': bare, ...ours } = times
  return Object.entries(ours).map(([what, ms]): Row => {
    const goal = goals[what]
    return { what, xopc: median(ms), peer: 'node -e 0', theirs: median(bare), unit: 'ms', ...(goal && { goal }) }
  })
})

async function commands(bench: Bench) {
  const gateway = await gatewayProgram(bench.folder, 'running')
  await bench.start(gateway)
  const alone = xopcEnv(bench.folder, 'alone')
  return {
    'node -e 0': () => timeNode(['-e', '0'], alone, /^$/),
    'xopc --version': () => timeNode([launcher, '--version'], alone, /^xopc \d/),
    'xopc --help': () => timeNode([launcher, '--help'], alone, /gateway/),
    'xopc status --json, no gateway': () => timeNode([launcher, 'status', '--json'], alone, /"running": ?false/),
    'xopc status --json, one running': () => timeNode([launcher, 'status', '--json'], gateway.env, /"running": ?true/),
  }
}
