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

export default defineConfig({
  test: {
    reporters: ['default', createTotalsReporter()],
    maxWorkers: 2,
    teardownTimeout: 15_000,
    projects: Object.entries(kinds).map(([name, { seconds, before }]) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        pool: 'forks',
        testTimeout: seconds * 1000,
        hookTimeout: seconds * 1000,
        globalSetup: before,
      },
    })),
  },
})
