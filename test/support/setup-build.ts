import { buildWhenStale } from './build.ts'

/** Runs once before the tests that drive the built program. Throws when the build fails. */
export default async function setup(): Promise<void> {
  await buildWhenStale()
}
