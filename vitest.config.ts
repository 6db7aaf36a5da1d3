import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { createTotalsReporter } from './test/support/totals-reporter.ts'

const build = './test/support/setup-build.ts'
const peers = './test/support/setup-peers.ts'

/** The folders of test/: how long one test may take, and what must stand before the first one. */
const kinds = {
  unit: { seconds: 10, before: [] },
  contract: { seconds: 30, before: [] },
  integration: { seconds: 30, before: [build, peers] },
  e2e: { seconds: 90, before: [build, peers] },
  security: { seconds: 60, before: [build, peers] },
  repo: { seconds: 120, before: [] },
}

/** Those with a browser run last: tests that make networks cut off what it loads meanwhile (`net::ERR_NETWORK_CHANGED`). */
const browser = globSync('test/{e2e,security}/**/*.test.ts').filter((path) => readFileSync(path, 'utf8').includes('chromium'))

const projects = Object.entries(kinds).flatMap(([name, { seconds, before }]) => {
  const shared = { pool: 'forks' as const, testTimeout: seconds * 1000, hookTimeout: seconds * 1000, globalSetup: before }
  const late = browser.filter((path) => path.startsWith(`test/${name}/`))
  const first = { test: { ...shared, name, include: [`test/${name}/**/*.test.ts`], exclude: late } }
  const last = { test: { ...shared, name: `${name}:browser`, include: late, sequence: { groupOrder: 1 } } }
  return late.length === 0 ? [first] : [first, last]
})

export default defineConfig({
  test: {
    reporters: ['default', createTotalsReporter()],
    maxWorkers: 2,
    teardownTimeout: 15_000,
    projects,
  },
})
