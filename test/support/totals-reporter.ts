import type { Reporter, TestModule } from 'vitest/node'

declare module 'vitest' {
  interface TaskMeta {
    /** Set by `needsPeer` on a suite it skipped: the programs that are not on this computer. */
    missingPeers?: string[]
  }
}

interface Totals {
  passed: number
  failed: number
  skipped: number
}

/** Gives a reporter that prints, after everything else, the missing peers with the suites each cost, then `N passed, N failed, N skipped` alone. */
export function createTotalsReporter(): Reporter {
  return {
    onTestRunEnd(modules, unhandled) {
      const lines = [...missingPeerLines(modules), totalsLine(count(modules, unhandled.length))]
      process.stdout.write(`\n${lines.join('\n')}\n`)
    },
  }
}

/** A file that could not be loaded and an error outside any test count as one failure each. */
function count(modules: readonly TestModule[], unhandled: number): Totals {
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
  const of = (state: string) => states.filter((each) => each === state).length
  const unloaded = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length
  const brokenSuites = modules.flatMap((module) => [...module.children.allSuites()]).filter((suite) => suite.errors().length > 0).length
  const never = states.filter((state) => state === 'pending').length
  return { passed: of('passed'), failed: of('failed') + unloaded + brokenSuites + never + unhandled, skipped: of('skipped') }
}

function totalsLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

function missingPeerLines(modules: readonly TestModule[]): string[] {
  const suites = modules.flatMap((module) => [...module.children.allSuites()])
  // A nested suite inherits the meta of the one that needsPeer made; only that one counts.
  const skipped = suites.filter(
    (suite) => suite.meta().missingPeers && !(suite.parent.type === 'suite' && suite.parent.meta().missingPeers),
  )
  const cost = new Map<string, number>()
  for (const peer of skipped.flatMap((suite) => suite.meta().missingPeers ?? [])) cost.set(peer, (cost.get(peer) ?? 0) + 1)
  if (cost.size === 0) return []
  const each = [...cost].map(([peer, suites]) => `  ${peer}: ${suites} ${suites === 1 ? 'suite' : 'suites'} skipped`)
  return ['MISSING PEERS, their suites were not run (test/peers/install brings them):', ...each, '']
}
